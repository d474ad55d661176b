import type { RoomEntry } from '../../shared/model.ts'
import { openDialog } from '../ui/dialog.ts'
import { h, type Child } from '../ui/dom.ts'
import { iconOf } from '../ui/icons.ts'
import { isComposing, listbox, searchField } from '../ui/textField.ts'
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
  /** a last row, chosen by `press`; null: none. Where it is the only row, a first Enter selects it and a second one presses it. */
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
  /** the room of each row, '' for the row that is no room */
  let keys: string[] = []
  /** the row that the arrow keys led to; another answer of the server must not move the selection away from it */
  let picked: string | null = null
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
    keys = matches.map(({ room }) => room)
    choices = keys.map((room) => () => go(room))
    const contents = matches.map((entry) => [iconOf('rooms'), ...parts.row(entry)])
    if (last !== null) {
      keys.push('')
      choices.push(last.press)
      contents.push(last.content)
    }
    const kept = picked === null ? -1 : keys.indexOf(picked)
    options.show(contents, kept < 0 && matches.length > 0 ? 0 : kept)
    const told = parts.status(state, text, matches.length)
    // The same text again would be spoken again, at each letter.
    if (status.textContent !== told) status.textContent = told
  }

  function search(): void {
    picked = null
    draw()
    // Asks the server for rooms that the list lacks (U144).
    actions.findRooms(field.value)
  }

  function handleKey(event: KeyboardEvent): void {
    if (isComposing(event)) return
    const isEnter = event.key === 'Enter'
    if (isEnter && options.selected() >= 0) options.chooseSelected()
    else if (isEnter) options.select(0)
    else if (!options.move(event)) return
    picked = keys[options.selected()] ?? null
    event.preventDefault()
  }

  const dialog = openDialog({ title }, signal, () => [field, rows, status])
  dialog.element.classList.add('finder')
  field.setSelectionRange(typed.length, typed.length)
  store.watch(({ roomList }) => roomList, draw, dialog.signal)
  void actions.loadRooms()
  return { dialog, field, go }
}
