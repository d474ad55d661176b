import type { HistoryMessage, ReactionCount, RoomEvent, User } from '../shared/model.ts'
import { LIMITS } from '../shared/limits.ts'
import { mentionsName } from '../shared/text.ts'

export interface Counts {
  unread: number
  mentions: number
}

/**
 * What somebody who has read up to `readSeq` has not read of a stretch of a log, counted as the store counts it.
 * @param events without a hole; messages may stand as they are now, before the events that changed them or behind
 * @param after the seq behind which the stretch holds every message
 * @returns null where a message below the stretch was changed that may be unread: only the store knows whose it was
 */
export function unreadOf(
  events: readonly (RoomEvent | HistoryMessage<ReactionCount>)[],
  { id: me, name }: User,
  readSeq: number,
  after: number,
): Counts | null {
  const unread = new Map<string, string>()
  const known = new Set<string>()
  for (const event of events) {
    if (event.kind === 'message') {
      known.add(event.id)
      const isOf = event.seq > readSeq && event.user.id !== me
      if (isOf && event.text !== undefined) unread.set(event.id, event.text)
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
