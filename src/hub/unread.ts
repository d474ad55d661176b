import type { RoomEvent, User } from '../shared/model.ts'
import { mentionsName } from '../shared/text.ts'

/**
 * What somebody who has read up to `readSeq` has not read of some events of a log, counted as the store counts it; null
 * where they hold an edit, for of whose text that is only the store knows.
 * @param events one after the other, as they are now: a message that was deleted is `gone`
 */
export function unreadOf(
  events: readonly RoomEvent[],
  { id, name }: User,
  readSeq: number,
): { unread: number; mentions: number } | null {
  let unread = 0
  let mentions = 0
  for (const event of events) {
    if (event.seq <= readSeq) continue
    if (event.kind === 'edit') return null
    if (event.kind !== 'message' || event.text === undefined || event.user?.id === id) continue
    unread += 1
    if (mentionsName(event.text, name)) mentions += 1
  }
  return { unread, mentions }
}
