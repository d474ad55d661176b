import { countText } from '../ui/format.ts'
import { h } from '../ui/dom.ts'
import { unreadCountOf } from '../state/unreadCounts.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'
import { openFinder } from './finder.ts'
import { searchRooms } from './roomSearch.ts'

/** Rooms that the switcher offers at most. */
const MAX_OFFERED = 8

/** Goes to a room by a few letters of its name and Enter; without letters it offers unread rooms, then recent ones (U84). */
export function openSwitcherDialog(
  context: Context,
  { room: current, recent, typed }: { room: string; recent: readonly string[]; typed: string },
  signal: AbortSignal,
): void {
  const { title, noMatch, current: here, unread: unreadText } = words.roomDialogs.switcher
  openFinder(
    context,
    { title, label: words.roomDialogs.find, typed },
    {
      match(state, text) {
        const counted = state.roomList.map((entry) => ({ ...entry, ...unreadCountOf(state, entry.room) }))
        return searchRooms(counted, text, { recent, current, limit: MAX_OFFERED })
      },
      row({ room, name, mentions, unread }) {
        const notes = [
          room === current && here,
          mentions > 0 && words.rooms.mentions(mentions),
          unread > 0 && unreadText(countText(unread)),
        ]
        const text = notes.filter(Boolean).join(', ')
        return [h('bdi', { class: 'truncate' }, name), h('span', { class: 'finder-note' }, text)]
      },
      status: (_state, _text, matches) => (matches === 0 ? noMatch : ''),
    },
    signal,
  )
}
