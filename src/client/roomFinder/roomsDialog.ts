import { LIMITS } from '../../shared/limits.ts'
import type { RoomEntry } from '../../shared/model.ts'
import { buttons, openDialog } from '../ui/dialog.ts'
import { h, list } from '../ui/dom.ts'
import { compareNames, isolated } from '../ui/format.ts'
import { searchRooms, smallest } from './roomSearch.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/** From so many rooms on there is a field to find one. */
const SEVERAL = 7
/** So many are drawn; others are found by their name. */
const DRAWN = 300

/** Mine by name, then the others, the busiest first. */
const compareRooms = (a: RoomEntry, b: RoomEntry) =>
  Number(b.joined) - Number(a.joined) || (a.joined ? 0 : b.count - a.count) || compareNames(a.name, b.name)

/** All rooms open to me, and the making of one: name, Enter, and one is in it (U87). */
export function openRoomsDialog({ store, actions, router }: Context, signal: AbortSignal): void {
  const rows = h('ul', { role: 'list', class: '-mx-3' })
  const show = list<RoomEntry>(
    rows,
    ({ room }) => room,
    (entry) => ({ element: roomRow(entry), update: () => {} }),
  )
  const filter = h('input', {
    class: 'field',
    type: 'search',
    'aria-label': words.rooms.find,
    placeholder: words.rooms.find,
    autocomplete: 'off',
    hidden: true,
    dir: 'auto',
    onInput: () => {
      draw()
      actions.findRooms(filter.value)
    },
  })
  const none = h('p', { class: 'text-meta text-muted', role: 'status' })
  let listed: readonly RoomEntry[] = []
  let ordered: readonly RoomEntry[] = []
  function draw(): void {
    const { roomList: all } = store.get()
    filter.hidden = all.length <= SEVERAL && filter.value === ''
    if (all !== listed) ordered = smallest(all, DRAWN, compareRooms)
    listed = all
    const blank = filter.value.trim() === ''
    const fit = blank ? ordered : searchRooms(all, filter.value, { recent: [], current: '', limit: DRAWN })
    show(fit)
    none.textContent =
      fit.length === 0 && all.length > 0
        ? words.rooms.noMatch(isolated(filter.value.trim()))
        : blank && all.filter(({ joined }) => !joined).length >= LIMITS.roomsListed
          ? words.rooms.busiest
          : fit.length < DRAWN
            ? ''
            : words.rooms.typeMore
  }
  const fault = h('p', { id: 'room-fault', class: 'fault', role: 'alert' })
  const field = h('input', {
    id: 'room-name',
    class: 'field',
    type: 'text',
    autocomplete: 'off',
    enterkeyhint: 'go',
    dir: 'auto',
    'aria-describedby': 'room-fault',
  })
  const form = h(
    'form',
    {
      class: 'grid gap-1',
      onSubmit: (event: Event) => {
        event.preventDefault()
        void make(field.value)
      },
    },
    h('label', { for: 'room-name', class: 'text-name font-semibold' }, words.rooms.newRoom),
    field,
    fault,
    buttons(
      h(
        'button',
        { type: 'button', class: 'button-quiet', onClick: () => dialog.close() },
        words.common.close,
      ),
      h('button', { type: 'submit', class: 'button' }, words.rooms.create),
    ),
  )

  function roomRow(entry: RoomEntry): HTMLElement {
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

  async function make(name: string): Promise<void> {
    if (name.trim() === '') {
      fault.textContent = words.rooms.nameMissing
      field.focus()
      return
    }
    const answer = await actions.makeRoom(name)
    if (dialog.signal.aborted) return
    if (answer.result === 'made') {
      dialog.close()
      router.navigate(`/chat/${answer.room}`)
      return
    }
    if (answer.result === 'failed') fault.textContent = answer.message
    else {
      const { suggestion } = answer
      fault.replaceChildren(`${words.rooms.nameTaken(isolated(name.trim()))} `)
      if (suggestion !== undefined)
        fault.append(
          h(
            'button',
            { type: 'button', class: 'text-button', onClick: () => void make(suggestion) },
            words.common.use(isolated(suggestion)),
          ),
        )
    }
    field.setAttribute('aria-invalid', 'true')
    field.focus()
  }

  const dialog = openDialog({ title: words.rooms.rooms }, signal, () => [filter, rows, none, form])
  store.watch(({ roomList: all }) => all, draw, dialog.signal)
  // T13: a field that has the focus opens a phone's keyboard over the rooms.
  dialog.element.tabIndex = -1
  if (matchMedia('(pointer: coarse)').matches) dialog.element.focus()
  else (filter.hidden ? field : filter).focus()
  void actions.loadRooms()
}
