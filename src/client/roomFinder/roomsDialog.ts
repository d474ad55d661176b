import { LIMITS } from '../../shared/limits.ts'
import type { RoomEntry } from '../../shared/model.ts'
import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h, list } from '../ui/dom.ts'
import { compareNames, isolated } from '../ui/format.ts'
import { form, searchField, textField } from '../ui/textField.ts'
import { searchRooms } from './roomSearch.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/** With more rooms than this there is a field to search them. */
const FEW = 7
/** So many rooms are shown; the others are found by their name (U123). */
const MAX_SHOWN = 300

/** My rooms by name, then the others, the busiest first. */
const compareRooms = (a: RoomEntry, b: RoomEntry) =>
  Number(b.joined) - Number(a.joined) || (a.joined ? 0 : b.count - a.count) || compareNames(a.name, b.name)

/** All rooms that are open to me, and a form that creates a room and goes there (U87). */
export function openRoomsDialog({ store, actions, router }: Context, signal: AbortSignal): void {
  const rows = h('ul', { role: 'list', class: '-mx-3' })
  const show = list<RoomEntry>(
    rows,
    ({ room }) => room,
    (entry) => ({ element: roomLink(entry), update: () => {} }),
  )
  const find = () => {
    draw()
    actions.findRooms(search.value)
  }
  const search = searchField(words.rooms.find, find, { type: 'search' })
  const status = h('p', { class: 'text-meta text-muted', role: 'status' })
  const name = textField(words.rooms.newRoom, {})

  function draw(): void {
    const { roomList } = store.get()
    const text = search.value.trim()
    const matching =
      text === ''
        ? roomList.toSorted(compareRooms).slice(0, MAX_SHOWN)
        : searchRooms(roomList, text, { recent: [], current: '', limit: MAX_SHOWN })
    search.hidden = roomList.length <= FEW && text === ''
    show(matching)
    status.textContent = statusOf(text, matching.length)
  }

  function statusOf(text: string, count: number): string {
    const { roomList } = store.get()
    if (count === 0 && roomList.length > 0) return words.rooms.noMatch(isolated(text))
    const others = roomList.filter(({ joined }) => !joined).length
    if (text === '' && others >= LIMITS.roomsListed) return words.rooms.busiest
    return count < MAX_SHOWN ? '' : words.rooms.typeMore
  }

  function roomLink(entry: RoomEntry): HTMLElement {
    const people = entry.count === 0 ? '' : words.people.count(entry.count)
    const link = h(
      'a',
      { class: 'row-button', href: `/chat/${entry.room}`, onClick: () => dialog.close() },
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
      router.navigate(`/chat/${answer.room}`)
    } else if (answer.result === 'failed') name.refuse(answer.message)
    else name.refuse(words.rooms.nameTaken(isolated(typed.trim())), answer.suggestion)
  }

  const dialog = openDialog({ title: words.rooms.rooms }, signal, ({ close }) => [
    search,
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
  else (search.hidden ? name.field : search).focus()
  void actions.loadRooms()
}
