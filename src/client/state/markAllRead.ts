/** All of a room is read, by a word and not by looking, and for a while it can be taken back (U75). Pure. */
import { LIMITS } from '../../shared/limits.ts'
import type { RoomState } from './state.ts'

/** The room with all of it read; what was unread until then is kept beside it. One that is not here yet is once it is. */
export function markRead(room: RoomState): RoomState {
  const { you, position, sync } = room
  if (you === null) return sync.state === 'closed' || room.marked === null ? room : { ...room, marked: null }
  if (you.unread === 0) return room.marked === null ? settleMarkRead(room) : room
  const now = { ...you, readSeq: position.seq, unread: 0, mentions: 0 }
  return { ...room, you: now, marked: undoMarkRead(room).you ?? you }
}

/** The room as it was before. What came since counts on; what was changed or read elsewhere meanwhile only the server knows. */
export function undoMarkRead(room: RoomState): RoomState {
  const { marked: before, ...rest } = room
  if (before === undefined) return room
  if (before === null) return rest
  const { unread = 0, mentions = 0 } = room.you ?? {}
  const most = (count: number) => Math.min(LIMITS.unread, count)
  const you = { ...before, unread: most(before.unread + unread), mentions: most(before.mentions + mentions) }
  return { ...rest, you, needsRecount: true }
}

/** It is read for good. */
export function settleMarkRead(room: RoomState): RoomState {
  const { marked: before, ...rest } = room
  return before === undefined ? room : rest
}
