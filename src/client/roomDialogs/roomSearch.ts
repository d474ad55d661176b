/** Which room is meant by what was typed (U84). Pure. */
import type { RoomEntry } from '../../shared/model.ts'
import { searchKey } from '../../shared/text.ts'
import type { UnreadCount } from '../state/unreadCounts.ts'

/**
 * How well a name matches, best first: 0 if it begins with the text, 1 if a word of it does, 2 if it contains the text elsewhere,
 * 100 and more if it contains the letters in order, by the gaps between them; else Infinity. Blank text matches everything.
 */
function scoreOf(name: string, text: string, letters: string): number {
  const index = name.indexOf(text)
  if (index === 0) return 0
  if (index > 0) return /[\p{L}\p{N}]/u.test(name[index - 1] ?? '') ? 2 : 1
  let from = 0
  let gaps = 0
  for (const letter of letters) {
    const found = name.indexOf(letter, from)
    if (found < 0) return Infinity
    gaps += found - from
    from = found + letter.length
  }
  return 100 + gaps
}

/**
 * The rooms that match, best first. Among equals: rooms with mentions, unread ones, those visited last, mine; the current room
 * is the last.
 * @param recent rooms by their last visit, the latest first
 */
export function searchRooms<T extends RoomEntry & Partial<UnreadCount>>(
  rooms: readonly T[],
  typed: string,
  { recent, current, limit }: { recent: readonly string[]; current: string; limit: number },
): T[] {
  const visits = new Map(recent.map((room, index) => [room, index]))
  const text = searchKey(typed).trim()
  const letters = text.replace(/\s+/g, '')
  return rooms
    .map((entry) => ({
      entry,
      score: Math.min(scoreOf(searchKey(entry.name), text, letters), scoreOf(entry.room, text, letters)),
      visit: visits.get(entry.room) ?? recent.length,
    }))
    .filter(({ score }) => score < Infinity)
    .sort(
      ({ entry: a, score: scoreA, visit: visitA }, { entry: b, score: scoreB, visit: visitB }) =>
        scoreA - scoreB ||
        Number(a.room === current) - Number(b.room === current) ||
        Number((b.mentions ?? 0) > 0) - Number((a.mentions ?? 0) > 0) ||
        Number((b.unread ?? 0) > 0) - Number((a.unread ?? 0) > 0) ||
        visitA - visitB ||
        Number(b.joined) - Number(a.joined) ||
        (a.name < b.name ? -1 : 1),
    )
    .slice(0, limit)
    .map(({ entry }) => entry)
}
