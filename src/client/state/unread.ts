/** What is not read, as sidebar, title, favicon and app badge say it: one selector, so that they cannot disagree (U74). */
import type { State } from './state.ts'

/** `unread`: what counts, by the room's level. */
export interface Count {
  unread: number
  mentions: number
}

const NONE: Count = { unread: 0, mentions: 0 }

/** What counts in a room: by its own account where this page has it open, else by the list. */
export function countOf({ rooms, list, settings }: State, room: string): Count {
  const known = rooms[room]
  if (known?.sync.state === 'closed') return NONE
  const { unread, mentions } = known?.you ?? list.find((one) => one.room === room && one.joined) ?? NONE
  const level = settings.levels[room] ?? settings.level
  return level === 'nothing' ? NONE : { unread: level === 'all' ? unread : mentions, mentions }
}

/** Of all my rooms. */
export function unreadTotal(state: State): number {
  const names = new Set([...Object.keys(state.rooms), ...state.list.map(({ room }) => room)])
  let total = 0
  for (const room of names) total += countOf(state, room).unread
  return total
}
