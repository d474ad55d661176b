/** Where what is not read begins, and the line above it (U70, U72). Pure. */
import { LIMITS } from '../../shared/limits.ts'
import type { RoomState, Row } from './state.ts'

const isUnread =
  (after: number) =>
  ({ kind, own, text, seq }: Row): boolean =>
    kind === 'message' && !own && text !== null && seq !== null && seq > after

/** The first message that I have not read: its seq; 'above' where it is further up than what is drawn; null: there is none. */
export function firstUnread(room: RoomState): number | 'above' | null {
  const { you, past } = room
  if (you === null || you.unread === 0) return null
  const rows = past?.rows ?? room.rows
  const unread = rows.filter(isUnread(you.readSeq))
  const from = rows.find(({ seq }) => seq !== null)?.seq ?? Number.POSITIVE_INFINITY
  const all = (past ?? room).older === 'none' || from <= you.readSeq + 1
  // The live rows hold as many as there are: none is further up, whatever else the log has between.
  const none = past === null && unread.length >= you.unread && you.unread < LIMITS.unread
  if (!all && !none) return 'above'
  return unread[0]?.seq ?? null
}

/** The line is drawn above the first message not read; where all is read it stays as it is. */
export function divided(room: RoomState): RoomState {
  const first = firstUnread(room)
  if (first === null || room.you === null) return room
  const divider = first === 'above' ? room.you.readSeq : first - 1
  return divider === room.divider ? room : { ...room, divider }
}

export function undivided(room: RoomState): RoomState {
  return room.divider === null ? room : { ...room, divider: null }
}
