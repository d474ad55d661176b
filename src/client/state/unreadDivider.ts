/** Where the unread messages begin, and the "New" divider above them (U70, U72). Pure. */
import { LIMITS } from '../../shared/limits.ts'
import { isReceivedAfter } from './unreadCounts.ts'
import { firstSeq } from './rows.ts'
import type { RoomState } from './state.ts'

/** The seq of my first unread message; 'above' if it is above the loaded rows; null if there is none. */
export function firstUnread(room: RoomState): number | 'above' | null {
  const { you, historyWindow } = room
  if (you === null || you.unread === 0) return null
  const { rows, older } = historyWindow ?? room
  const unread = rows.filter(isReceivedAfter(you.readSeq))
  const isAllLoaded = older === 'none' || (firstSeq(rows) ?? Infinity) <= you.readSeq + 1
  // The live rows hold as many unread messages as there are, so none is above them.
  const isCountLoaded = historyWindow === null && unread.length >= you.unread && you.unread < LIMITS.unread
  return isAllLoaded || isCountLoaded ? (unread[0]?.seq ?? null) : 'above'
}

/** The seq of the first message of others below the divider, 'above' as in `firstUnread`; null if there is no divider. */
export function firstBelowDivider(room: RoomState): number | 'above' | null {
  const { unreadDivider, historyWindow } = room
  if (unreadDivider === null) return null
  const { rows, older } = historyWindow ?? room
  if (older !== 'none' && (firstSeq(rows) ?? Infinity) > unreadDivider + 1) return 'above'
  return rows.find(isReceivedAfter(unreadDivider))?.seq ?? null
}

/** Draws the divider above the first unread message; if there is none, the divider stays where it is. */
export function showDivider(room: RoomState): RoomState {
  const first = firstUnread(room)
  if (first === null || room.you === null) return room
  const unreadDivider = first === 'above' ? room.you.readSeq : first - 1
  return unreadDivider === room.unreadDivider ? room : { ...room, unreadDivider }
}

export function hideDivider(room: RoomState): RoomState {
  return room.unreadDivider === null ? room : { ...room, unreadDivider: null }
}
