import { roomPath } from '../../shared/names.ts'
import type { State } from './state.ts'

/** The room's name from the room list; undefined until it is listed. */
export function knownRoomName(state: State, room: string): string | undefined {
  return state.roomList.find((entry) => entry.room === room)?.name
}

/** The room's name, or its slug if the name is not known. */
export function roomName(state: State, room: string): string {
  return knownRoomName(state, room) ?? room
}

/** The path of a room's page, or of a message in it. */
export function roomAddress(state: State, room: string, seq?: number): string {
  return roomPath(room, roomName(state, room), seq)
}
