/** My read position and unread counts, and marking a room read without looking at it (U71, U73, U75). Pure. */
import { LIMITS } from '../../shared/limits.ts'
import { mentionsAfterEdit } from '../../shared/mentions.ts'
import type { Change, RoomEvent, Self } from '../../shared/model.ts'
import type { ServerFrameOf, You } from '../../shared/protocol.ts'
import { oldestSeq } from './rows.ts'
import { isReceivedAfter, notifiesMe } from './unreadCounts.ts'
import type { RoomState } from './state.ts'

const capped = (count: number) => Math.min(LIMITS.unread, count)

/** The counts after an event that this page hears live. */
export function withUnread(you: You | null, event: RoomEvent, self: Self | null): You | null {
  if (you === null || self === null || event.kind !== 'message') return you
  if (event.gone || event.user.id === self.id || event.seq <= you.readSeq) return you
  const { user, mentions = [] } = event
  const added = notifiesMe({ user, mentions }, self.id) ? 1 : 0
  return { ...you, unread: capped(you.unread + 1), mentions: capped(you.mentions + added) }
}

/** Corrects the unread counts after an edit or a delete. Only the server knows whether a message that is not loaded was unread. */
export function withRecount(
  room: RoomState,
  before: RoomState,
  change: Change,
  self: Self | null,
): RoomState {
  const { you } = room
  // Only the server can subtract from a capped count, and does so by a `read` frame.
  if (you === null || self === null || you.unread === 0 || you.unread >= LIMITS.unread) return room
  if (change.kind !== 'edit' && change.kind !== 'delete') return room
  const row = before.rows.findLast(({ id }) => id === change.target)
  if (row === undefined || row.trueAt >= change.seq) {
    const isAllLoaded = room.older === 'none' || oldestSeq(room) <= you.readSeq + 1
    return isAllLoaded ? room : { ...room, needsRecount: true }
  }
  if (!isReceivedAfter(you.readSeq)(row)) return room
  const isEdit = change.kind === 'edit'
  const after = isEdit ? mentionsAfterEdit(row.mentions, change.mentions ?? []) : []
  const isLost = notifiesMe(row, self.id) && !notifiesMe({ ...row, mentions: after }, self.id)
  const mentions = Math.max(0, you.mentions - (isLost ? 1 : 0))
  return { ...room, you: { ...you, unread: isEdit ? you.unread : you.unread - 1, mentions } }
}

/**
 * I have read up to `seq`. If all unread messages are loaded they are counted again; otherwise those read now are subtracted,
 * and the server recounts if some of them are not loaded.
 */
export function withRead(room: RoomState, seq: number, self: Self | null): RoomState {
  const { you, historyWindow } = room
  const readSeq = Math.min(seq, room.position.seq)
  if (you === null || self === null || readSeq <= you.readSeq) return room
  const count = (from: number, to: number) => {
    const unread = [...(historyWindow?.rows ?? []), ...room.rows].filter(isReceivedAfter(from))
    const counted = unread.filter((row) => row.seq <= to)
    return {
      unread: counted.length,
      mentions: counted.filter((row) => notifiesMe(row, self.id)).length,
    }
  }
  if (room.older === 'none' || oldestSeq(room) <= readSeq + 1) {
    const left = count(readSeq, Infinity)
    const unread = Math.min(you.unread, left.unread)
    return { ...room, you: { ...you, readSeq, unread, mentions: Math.min(you.mentions, left.mentions) } }
  }
  if (you.unread >= LIMITS.unread) return { ...room, you: { ...you, readSeq } }
  const read = count(you.readSeq, readSeq)
  const [first, last] = [historyWindow?.rows[0]?.seq ?? readSeq, historyWindow?.rows.at(-1)?.seq ?? 0]
  const unread = Math.max(0, you.unread - read.unread)
  return {
    ...room,
    you: { ...you, readSeq, unread, mentions: Math.max(0, you.mentions - read.mentions) },
    needsRecount: room.needsRecount || first > you.readSeq + 1 || last < readSeq,
  }
}

/** From `seq` on, messages are unread again. Counts what is drawn, until the server tells the count. */
export function withUnreadFrom(room: RoomState, seq: number, self: Self | null): RoomState {
  const { you, historyWindow, rows } = room
  if (you === null || self === null || seq > you.readSeq) return room
  const received = (historyWindow?.rows ?? rows).filter(isReceivedAfter(seq - 1))
  const [unread, mentions] = [received.length, received.filter((row) => notifiesMe(row, self.id)).length]
  return { ...room, you: { ...you, readSeq: seq - 1, unread: capped(unread), mentions: capped(mentions) } }
}

/** I have read further on another device, or marked messages as unread. */
export function withReadFrame(
  room: RoomState,
  { seq: readSeq, unread, mentions, back }: ServerFrameOf<'read'>,
): RoomState {
  const { you } = room
  if (you === null || (readSeq < you.readSeq && !back)) return room
  return { ...room, you: { ...you, readSeq, unread, mentions } }
}

/** Marks all of the room read and keeps the counts from before the first mark, so that it can be undone. */
export function markRead(room: RoomState): RoomState {
  const { you, position } = room
  if (you === null || you.unread === 0) return room
  const markedRead = undoMarkRead(room).you
  return { ...room, you: { ...you, readSeq: position.seq, unread: 0, mentions: 0 }, markedRead }
}

/** Restores the former counts and adds what came since; the server recounts messages that were changed meanwhile. */
export function undoMarkRead(room: RoomState): RoomState {
  const { you, markedRead } = room
  if (markedRead === null || you === null) return room
  const unread = capped(markedRead.unread + you.unread)
  const mentions = capped(markedRead.mentions + you.mentions)
  return { ...room, you: { ...markedRead, unread, mentions }, markedRead: null, needsRecount: true }
}

/** Marking the room read can no longer be undone. */
export function settleMarkRead(room: RoomState): RoomState {
  return room.markedRead === null ? room : { ...room, markedRead: null }
}
