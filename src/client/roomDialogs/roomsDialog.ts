import { LIMITS } from '../../shared/limits.ts'
import type { RoomEntry } from '../../shared/model.ts'
import { sameNameKey } from '../../shared/sameName.ts'
import { buttons } from '../ui/dialog.ts'
import { button, h } from '../ui/dom.ts'
import { compareNames, isolated } from '../ui/format.ts'
import { iconOf } from '../ui/icons.ts'
import type { State } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'
import { openFinder } from './finder.ts'
import { searchRooms } from './roomSearch.ts'

/** Rooms that the dialog lists at most; the others are found by their name (U123). */
const MAX_LISTED = 300

/** My rooms by name, then the others, the busiest first. */
const compareRooms = (a: RoomEntry, b: RoomEntry) =>
  Number(b.joined) - Number(a.joined) || (a.joined ? 0 : b.count - a.count) || compareNames(a.name, b.name)

/** All rooms that are open to me. One field finds a room, or creates one: the last row does (U87, U195). */
export function openRoomsDialog(context: Context, typed: string, signal: AbortSignal): void {
  const { actions, store } = context
  const fault = h('p', { class: 'fault', role: 'alert' })
  let isCreating = false

  const named = ({ roomList }: State, name: string) =>
    roomList.find((entry) => sameNameKey(entry.name) === sameNameKey(name))

  async function create(name: string): Promise<void> {
    if (isCreating) return
    isCreating = true
    const answer = await actions.makeRoom(name)
    if (answer.result === 'taken') await actions.loadRooms()
    isCreating = false
    if (dialog.signal.aborted) return
    if (answer.result === 'made') return go(answer.room)
    fault.replaceChildren(
      answer.result === 'failed' ? answer.message : words.roomDialogs.nameTaken(isolated(name)),
    )
    if (answer.result === 'failed') return
    const taken = named(store.get(), name)
    const { suggestion } = answer
    const [label, press] =
      taken !== undefined
        ? [words.roomDialogs.goThere, () => go(taken.room)]
        : [words.common.use(isolated(suggestion ?? '')), () => void create(suggestion ?? '')]
    if (taken ?? suggestion) fault.append(' ', button(label, press, { class: 'text-button' }))
  }

  const { dialog, field, go } = openFinder(
    context,
    { title: words.rooms.browse, label: words.roomDialogs.findOrCreate, typed },
    {
      match({ roomList }, text) {
        fault.replaceChildren()
        return text === ''
          ? roomList.toSorted(compareRooms).slice(0, MAX_LISTED)
          : searchRooms(roomList, text, { recent: [], current: '', limit: MAX_LISTED })
      },
      row({ name, topic, count }) {
        const text = h(
          'span',
          { class: 'grid min-w-0 py-1.5' },
          h('bdi', { class: 'truncate' }, name),
          topic !== '' && h('bdi', { class: 'truncate text-meta text-muted' }, topic),
        )
        return [text, h('span', { class: 'finder-note' }, count === 0 ? '' : words.people.count(count))]
      },
      status({ roomList }, text, matches) {
        const others = roomList.filter(({ joined }) => !joined).length
        if (text === '' && others >= LIMITS.roomsListed) return words.roomDialogs.busiest
        return matches < MAX_LISTED ? '' : words.roomDialogs.typeMore
      },
      last(state, text) {
        if (text === '' || named(state, text)) return null
        const label = h('span', { class: 'truncate' }, words.roomDialogs.createNamed(isolated(text)))
        return { content: [iconOf('plus'), label], press: () => void create(text) }
      },
    },
    signal,
  )
  dialog.element.append(fault, buttons(button(words.common.close, dialog.close)))
  // On a phone, a focused field would open the keyboard over the rooms.
  dialog.element.tabIndex = -1
  if (matchMedia('(pointer: coarse)').matches) dialog.element.focus()
  else field.focus()
}
