/** What is not read, as sidebar, title, favicon and app badge say it: one selector, so that they cannot disagree (U74). */
import type { RoomEntry } from '../../shared/model.ts'
import type { State } from './state.ts'

/** `unread`: what counts, by the room's level. */
export interface UnreadCount {
  unread: number
  mentions: number
}

/** A room of the list with what is not read in it. */
export type CountedRoom = RoomEntry & UnreadCount

const NONE: UnreadCount = { unread: 0, mentions: 0 }

/** What is not read in a room, whatever counts; nothing in one that is not followed. */
function unreadOf({ rooms }: State, room: string): UnreadCount {
  return rooms[room]?.you ?? NONE
}

/** What counts in a room. */
export function unreadCountOf(state: State, room: string): UnreadCount {
  const { unread, mentions } = unreadOf(state, room)
  const level = state.settings.levels[room] ?? state.settings.level
  return level === 'nothing' ? NONE : { unread: level === 'all' ? unread : mentions, mentions }
}

/** Of all my rooms. */
export function unreadTotal(state: State): number {
  let total = 0
  for (const room of Object.keys(state.rooms)) total += unreadCountOf(state, room).unread
  return total
}

/** Is there anything at all that is not read? */
export function isUnread(state: State): boolean {
  return Object.keys(state.rooms).some((room) => unreadOf(state, room).unread > 0)
}
