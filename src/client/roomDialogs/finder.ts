import type { RoomEntry } from '../../shared/model.ts'
import { openDialog } from '../ui/dialog.ts'
import { h, type Child } from '../ui/dom.ts'
import { iconOf } from '../ui/icons.ts'
import { listbox, searchField } from '../ui/textField.ts'
import { roomAddress } from '../state/roomName.ts'
import type { State } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

interface Finder {
  title: string
  label: string
  /** what was typed before the dialog opened */
  typed?: string
}

interface FinderParts<Room> {
  /** the rooms that match a text, best first */
  match(state: State, text: string): Room[]
  /** what stands beside a room's icon */
  row(room: Room): Child[]
  status(state: State, text: string, matches: number): string
  /** a last row, chosen by `press`; null: none */
  last?(state: State, text: string): { content: Child[]; press(): void } | null
}

/** A dialog with one field and the rooms that match it. The focus stays in the field; Enter takes the selected room (U84). */
export function openFinder<Room extends RoomEntry>(
  { store, actions, router }: Context,
  { title, label, typed = '' }: Finder,
  parts: FinderParts<Room>,
  signal: AbortSignal,
) {
  let choices: (() => void)[] = []
  const rows = h('div', {
    id: 'rooms',
    role: 'listbox',
    'aria-label': words.rooms.rooms,
    class: 'finder-rows',
  })
  const status = h('p', { class: 'text-meta text-muted', role: 'status' })
  const field = searchField(label, search, {
    value: typed,
    role: 'combobox',
    'aria-expanded': 'true',
    'aria-controls': rows.id,
    'aria-autocomplete': 'list',
    spellcheck: 'false',
    onKeydown: handleKey,
  })
  const options = listbox(rows, field, (index) => choices[index]?.())

  function go(room: string): void {
    dialog.close()
    router.navigate(roomAddress(store.get(), room))
  }

  function draw(): void {
    const state = store.get()
    const text = field.value.trim()
    const matches = parts.match(state, text)
    const last = parts.last?.(state, text) ?? null
    choices = matches.map(
      ({ room }) =>
        () =>
          go(room),
    )
    const contents = matches.map((entry) => [iconOf('rooms'), ...parts.row(entry)])
    if (last !== null) {
      choices.push(last.press)
      contents.push(last.content)
    }
    options.show(contents)
    status.textContent = parts.status(state, text, matches.length)
  }

  function search(): void {
    draw()
    // Asks the server for rooms that the list lacks (U144).
    actions.findRooms(field.value)
  }

  function handleKey(event: KeyboardEvent): void {
    // Chrome reports 229 for keys that an input method handles, also where `isComposing` is false.
    if (event.isComposing || event.keyCode === 229) return
    if (event.key === 'Enter') options.chooseSelected()
    else if (!options.move(event)) return
    event.preventDefault()
  }

  const dialog = openDialog({ title }, signal, () => [field, rows, status])
  dialog.element.classList.add('finder')
  field.setSelectionRange(typed.length, typed.length)
  store.watch(({ roomList }) => roomList, draw, dialog.signal)
  void actions.loadRooms()
  return { dialog, field, go }
}
