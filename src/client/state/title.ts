/** The window's title and what it counts. Pure. */
import type { State } from './state.ts'

/** Unread messages of all my rooms, those of the list that this page has not open included. */
export function unreadTotal(state: State): number {
  let total = 0
  for (const room of Object.values(state.rooms)) total += room.you?.unread ?? 0
  for (const entry of state.list) if (entry.joined && !state.rooms[entry.room]?.you) total += entry.unread
  return total
}

/** The window's title: `(3) kitchen · Hubbub`. `page` is the room's name or another screen's; '' on home. */
export function titleOf(unread: number, page: string, place: string): string {
  const count = unread > 0 ? `(${unread > 99 ? '99+' : unread}) ` : ''
  if (page === '') return count + place
  // T12: a title knows no markup; a name that runs the other way must not take the rest along.
  return `${count}${/[^ -~]/.test(page) ? `\u2068${page}\u2069` : page} · ${place}`
}

/** What people call a room: its name where the list has it, else its slug. */
export function roomName(state: State, room: string): string {
  return state.list.find((entry) => entry.room === room)?.name ?? room
}
