/** The dialog of all rooms and the keyboard switcher. One chunk. */
import { LIMITS } from '../../shared/limits.ts'
import type { RoomEntry } from '../../shared/model.ts'
import { roomPath } from '../../shared/names.ts'
import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h, list } from '../ui/dom.ts'
import { compareNames, countText, isolated } from '../ui/format.ts'
import { form, listbox, searchField, textField } from '../ui/textField.ts'
import { searchRooms } from './roomSearch.ts'
import { roomAddress } from '../state/roomName.ts'
import { unreadCountOf, type CountedRoom } from '../state/unreadCounts.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/** With more rooms than this the dialog has a field to search them. */
const FEW = 7
/** Rooms that the dialog lists at most; the others are found by their name (U123). */
const MAX_LISTED = 300
/** Rooms that the switcher offers at most. */
const MAX_OFFERED = 8

/** My rooms by name, then the others, the busiest first. */
const compareRooms = (a: RoomEntry, b: RoomEntry) =>
  Number(b.joined) - Number(a.joined) || (a.joined ? 0 : b.count - a.count) || compareNames(a.name, b.name)

/** A search field and a status line. A change of the text calls `draw`, and searches the rooms that the list lacks (U144). */
function roomField(
  { actions }: Pick<Context, 'actions'>,
  draw: () => void,
  attributes: Parameters<typeof searchField>[2],
) {
  const find = () => {
    draw()
    actions.findRooms(field.value)
  }
  const field = searchField(words.rooms.find, find, attributes)
  return { field, status: h('p', { class: 'text-meta text-muted', role: 'status' }) }
}

/** All rooms that are open to me, and a form that creates a room and goes there (U87). */
export function openRoomsDialog(context: Context, signal: AbortSignal): void {
  const { store, actions, router } = context
  const rows = h('ul', { role: 'list', class: '-mx-3' })
  const show = list<RoomEntry>(
    rows,
    ({ room }) => room,
    (entry) => ({ element: roomLink(entry), update: () => {} }),
  )
  const { field, status } = roomField(context, draw, { type: 'search' })
  const name = textField(words.rooms.newRoom, {})

  function draw(): void {
    const { roomList } = store.get()
    const text = field.value.trim()
    const matching =
      text === ''
        ? roomList.toSorted(compareRooms).slice(0, MAX_LISTED)
        : searchRooms(roomList, text, { recent: [], current: '', limit: MAX_LISTED })
    field.hidden = roomList.length <= FEW && text === ''
    show(matching)
    status.textContent = statusOf(text, matching.length)
  }

  function statusOf(text: string, count: number): string {
    const { roomList } = store.get()
    if (count === 0 && roomList.length > 0) return words.rooms.noMatch(isolated(text))
    const others = roomList.filter(({ joined }) => !joined).length
    if (text === '' && others >= LIMITS.roomsListed) return words.rooms.busiest
    return count < MAX_LISTED ? '' : words.rooms.typeMore
  }

  function roomLink(entry: RoomEntry): HTMLElement {
    const people = entry.count === 0 ? '' : words.people.count(entry.count)
    const link = h(
      'a',
      { class: 'row-button', href: roomPath(entry.room, entry.name), onClick: () => dialog.close() },
      h(
        'span',
        { class: 'grid min-w-0' },
        h('bdi', { class: 'truncate' }, entry.name),
        entry.topic !== '' && h('bdi', { class: 'truncate text-meta text-muted' }, entry.topic),
      ),
      h('span', { class: 'ms-auto text-meta text-muted whitespace-nowrap' }, people),
    )
    return h('li', {}, link)
  }

  async function create(): Promise<void> {
    const typed = name.field.value
    if (typed.trim() === '') return name.refuse(words.rooms.nameMissing)
    const answer = await actions.makeRoom(typed)
    if (dialog.signal.aborted) return
    if (answer.result === 'made') {
      dialog.close()
      router.navigate(roomAddress(store.get(), answer.room))
    } else if (answer.result === 'failed') name.refuse(answer.message)
    else name.refuse(words.rooms.nameTaken(isolated(typed.trim())), answer.suggestion)
  }

  const dialog = openDialog({ title: words.rooms.rooms }, signal, ({ close }) => [
    field,
    rows,
    status,
    form(
      create,
      { class: 'grid gap-1' },
      name.element,
      buttons(
        button(words.common.close, close),
        h('button', { type: 'submit', class: 'button' }, words.rooms.create),
      ),
    ),
  ])
  store.watch(({ roomList }) => roomList, draw, dialog.signal)
  // On a phone, a focused field would open the keyboard over the rooms.
  dialog.element.tabIndex = -1
  if (matchMedia('(pointer: coarse)').matches) dialog.element.focus()
  else (field.hidden ? name.field : field).focus()
  void actions.loadRooms()
}

/** Goes to a room by a few letters of its name and Enter; without letters it offers unread rooms, then recent ones (U84). */
export function openSwitcherDialog(
  context: Context,
  { room: current, recent }: { room: string; recent: readonly string[] },
  signal: AbortSignal,
): void {
  const { store, actions, router } = context
  let offered: CountedRoom[] = []

  const rows = h('div', {
    id: 'switcher',
    role: 'listbox',
    'aria-label': words.rooms.rooms,
    class: '-mx-3',
  })
  const { field, status } = roomField(context, draw, {
    role: 'combobox',
    'aria-expanded': 'true',
    'aria-controls': rows.id,
    'aria-autocomplete': 'list',
    spellcheck: 'false',
    onKeydown: handleKey,
  })
  const options = listbox(rows, field, (index) => {
    const entry = offered[index]
    if (entry === undefined) return
    dialog.close()
    router.navigate(roomPath(entry.room, entry.name))
  })

  function draw(): void {
    const state = store.get()
    const counted = state.roomList.map((entry) => ({ ...entry, ...unreadCountOf(state, entry.room) }))
    offered = searchRooms(counted, field.value, { recent, current, limit: MAX_OFFERED })
    options.show(offered.map(optionOf))
    status.textContent = offered.length === 0 ? words.rooms.switcher.noMatch : ''
  }

  function optionOf({ room, name, mentions, unread }: CountedRoom): HTMLElement[] {
    const notes = [
      room === current && words.rooms.switcher.current,
      mentions > 0 && words.rooms.mentions(mentions),
      unread > 0 && words.rooms.switcher.unread(countText(unread)),
    ]
    const note = { class: 'ms-auto text-meta text-muted whitespace-nowrap' }
    return [h('bdi', { class: 'truncate' }, name), h('span', note, notes.filter(Boolean).join(', '))]
  }

  function handleKey(event: KeyboardEvent): void {
    // Chrome reports 229 for keys that an input method handles, also where `isComposing` is false.
    if (event.isComposing || event.keyCode === 229) return
    if (event.key === 'Enter') options.chooseSelected()
    else if (!options.move(event)) return
    event.preventDefault()
  }

  const dialog = openDialog({ title: words.rooms.switcher.title }, signal, () => [field, rows, status])
  store.watch(({ roomList }) => roomList, draw, dialog.signal)
  void actions.loadRooms()
}
