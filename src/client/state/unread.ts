/** What is not read, as sidebar, title, favicon and app badge say it: one selector, so that they cannot disagree (U74). */
import type { State } from './state.ts'

/** `unread`: what counts, by the room's level. */
export interface Count {
  unread: number
  mentions: number
}

const NONE: Count = { unread: 0, mentions: 0 }

/** What is not read in a room, whatever counts: by its own account where this page has it open, else by the list. */
function unreadOf({ rooms, list }: State, room: string): Count {
  const known = rooms[room]
  if (known?.sync.state === 'closed') return NONE
  return known?.you ?? list.find((one) => one.room === room && one.joined) ?? NONE
}

/** What counts in a room. */
export function countOf(state: State, room: string): Count {
  const { unread, mentions } = unreadOf(state, room)
  const level = state.settings.levels[room] ?? state.settings.level
  return level === 'nothing' ? NONE : { unread: level === 'all' ? unread : mentions, mentions }
}

function roomsOf({ rooms, list }: State): ReadonlySet<string> {
  return new Set([...Object.keys(rooms), ...list.map(({ room }) => room)])
}

/** Of all my rooms. */
export function unreadTotal(state: State): number {
  let total = 0
  for (const room of roomsOf(state)) total += countOf(state, room).unread
  return total
}

/** Is there anything at all that is not read? */
export function isUnread(state: State): boolean {
  return [...roomsOf(state)].some((room) => unreadOf(state, room).unread > 0)
}
