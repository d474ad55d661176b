/** All of a room is marked read without looking at it, and for a while that can be undone (U75). Pure. */
import { LIMITS } from '../../shared/limits.ts'
import type { RoomState } from './state.ts'

/** The room with all of it read; what was unread until then is kept. A room that is still being joined is marked later. */
export function markRead(room: RoomState): RoomState {
  const { you, position, sync, markedRead } = room
  if (you === null)
    return sync.state === 'closed' || markedRead?.state === 'pending'
      ? room
      : { ...room, markedRead: { state: 'pending' } }
  if (you.unread === 0) return markedRead?.state === 'pending' ? settleMarkRead(room) : room
  const before = undoMarkRead(room).you ?? you
  return {
    ...room,
    you: { ...you, readSeq: position.seq, unread: 0, mentions: 0 },
    markedRead: { state: 'undoable', before },
  }
}

/** The room as it was before. Messages that came since add to it; the server recounts what was changed meanwhile. */
export function undoMarkRead(room: RoomState): RoomState {
  const { markedRead } = room
  if (markedRead?.state !== 'undoable') return settleMarkRead(room)
  const { before } = markedRead
  const { unread = 0, mentions = 0 } = room.you ?? {}
  const limited = (count: number) => Math.min(LIMITS.unread, count)
  const you = {
    ...before,
    unread: limited(before.unread + unread),
    mentions: limited(before.mentions + mentions),
  }
  return { ...room, you, markedRead: null, needsRecount: true }
}

/** It can no longer be undone. */
export function settleMarkRead(room: RoomState): RoomState {
  return room.markedRead === null ? room : { ...room, markedRead: null }
}
