import type { HistoryMessage, ReactionCount, RoomEvent, User } from '../../shared/model.ts'
import { LIMITS } from '../../shared/limits.ts'
import { mentionsName } from '../../shared/text.ts'

export interface UnreadCounts {
  unread: number
  mentions: number
}

/**
 * Unread messages in a stretch of the log, counted as the store counts them.
 * @param events without a hole; a message may stand as it was said, before its changes, or as it is now
 * @param after the stretch holds every message above this seq
 * @returns null if a message below it was edited or deleted that may be unread: only the store knows its author
 */
export function unreadOfPage(
  events: readonly (RoomEvent | HistoryMessage<ReactionCount>)[],
  { id: me, name }: User,
  readSeq: number,
  after: number,
): UnreadCounts | null {
  const unread = new Map<string, string>()
  const known = new Set<string>()
  for (const event of events) {
    if (event.kind === 'message') {
      known.add(event.id)
      const isUnread = event.seq > readSeq && event.user.id !== me
      if (isUnread && event.text !== undefined) unread.set(event.id, event.text)
    } else if (event.kind === 'edit' || event.kind === 'delete') {
      const { target, text } = event
      if (readSeq < after && !known.has(target)) return null
      if (event.kind === 'delete') unread.delete(target)
      else if (text !== undefined && unread.has(target)) unread.set(target, text)
    }
  }
  const texts = [...unread.values()].slice(-LIMITS.unread)
  return { unread: texts.length, mentions: texts.filter((text) => mentionsName(text, name)).length }
}
