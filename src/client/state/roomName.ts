import type { State } from './state.ts'

/** The room's name from the room list, or its slug if it is not listed. */
export function roomName(state: State, room: string): string {
  return state.roomList.find((entry) => entry.room === room)?.name ?? room
}
