import type { RoomCard } from '../../shared/model.ts'
import { roomPath } from '../../shared/roomPath.ts'
import type { State } from './state.ts'

/** The room's card; null if there is no such room, undefined if that is not known. Loaded only without a session. */
export function roomCardOf({ roomCard }: State, room: string): RoomCard | null | undefined {
  return roomCard?.room === room ? roomCard.card : undefined
}

/** The room's name from the room list or its card; undefined until one of them is here. */
export function knownRoomName(state: State, room: string): string | undefined {
  return state.roomList.find((entry) => entry.room === room)?.name ?? roomCardOf(state, room)?.name
}

/** The room's name, or its slug if the name is not known. */
export function roomName(state: State, room: string): string {
  return knownRoomName(state, room) ?? room
}

/** The path of a room's page, or of a message in it. */
export function roomAddress(state: State, room: string, seq?: number): string {
  return roomPath(room, roomName(state, room), seq)
}
