/** Marks a room read without looking at it, which can be undone for a while (U75). Pure. */
import { LIMITS } from '../../shared/limits.ts'
import type { RoomState } from './state.ts'

/** Marks all of the room read and keeps what was unread until then. A room that is still being joined is marked later. */
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

/** Restores the former counts and adds what came since; the server recounts messages that were changed meanwhile. */
export function undoMarkRead(room: RoomState): RoomState {
  const { you, markedRead } = room
  if (markedRead?.state !== 'undoable' || you === null) return settleMarkRead(room)
  const { before } = markedRead
  const capped = (count: number) => Math.min(LIMITS.unread, count)
  const counts = {
    unread: capped(before.unread + you.unread),
    mentions: capped(before.mentions + you.mentions),
  }
  return { ...room, you: { ...before, ...counts }, markedRead: null, needsRecount: true }
}

/** It can no longer be undone. */
export function settleMarkRead(room: RoomState): RoomState {
  return room.markedRead === null ? room : { ...room, markedRead: null }
}
