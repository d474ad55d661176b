/** Where what is not read begins, and the line above it (U70, U72). Pure. */
import { LIMITS } from '../../shared/limits.ts'
import type { RoomState, Row } from './state.ts'

const isUnread =
  (after: number) =>
  ({ kind, own, text, seq }: Row): boolean =>
    kind === 'message' && !own && text !== null && seq !== null && seq > after

/** The first message that I have not read: its seq; 'above' where it is further up than what is drawn; null: there is none. */
export function firstUnread(room: RoomState): number | 'above' | null {
  const { you, historyWindow } = room
  if (you === null || you.unread === 0) return null
  const rows = historyWindow?.rows ?? room.rows
  const unread = rows.filter(isUnread(you.readSeq))
  const from = rows.find(({ seq }) => seq !== null)?.seq ?? Number.POSITIVE_INFINITY
  const all = (historyWindow ?? room).older === 'none' || from <= you.readSeq + 1
  // The live rows hold as many as there are: none is further up, whatever else the log has between.
  const none = historyWindow === null && unread.length >= you.unread && you.unread < LIMITS.unread
  if (!all && !none) return 'above'
  return unread[0]?.seq ?? null
}

/** The line is drawn above the first message not read; where all is read it stays as it is. */
export function showDivider(room: RoomState): RoomState {
  const first = firstUnread(room)
  if (first === null || room.you === null) return room
  const unreadDivider = first === 'above' ? room.you.readSeq : first - 1
  return unreadDivider === room.unreadDivider ? room : { ...room, unreadDivider }
}

export function hideDivider(room: RoomState): RoomState {
  return room.unreadDivider === null ? room : { ...room, unreadDivider: null }
}
