import type { State } from './state.ts'

/** What people call a room: its name where the list has it, else its slug. */
export function roomName(state: State, room: string): string {
  return state.roomList.find((entry) => entry.room === room)?.name ?? room
}
