/** Which room is meant by what was typed (U84). Pure. */
import type { RoomEntry } from '../../shared/model.ts'
import type { UnreadCount } from '../state/unreadCounts.ts'

/** So many names are kept as they are compared: each key asks for the same ones again. */
const KEPT = 50_000
const compared = new Map<string, string>()

/** As it is compared: without capitals and accents. */
function plain(text: string): string {
  const known = compared.get(text)
  if (known !== undefined) return known
  if (compared.size >= KEPT) compared.clear()
  const made = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  compared.set(text, made)
  return made
}

/**
 * How well a name matches, best first: 0 if it begins with what is wanted, 1 if a word of it does, 2 if it holds that elsewhere,
 * else 100 and more by how far apart the letters lie in it. null: no match. Blank text matches everything.
 */
function scoreOf(whole: string, wanted: string, letters: string): number | null {
  const at = whole.indexOf(wanted)
  // The beginning of a word is what people type.
  if (at >= 0) return at === 0 ? 0 : /[\p{L}\p{N}]/u.test(whole[at - 1] ?? '') ? 2 : 1
  let from = 0
  let apart = 0
  for (const letter of letters) {
    const found = whole.indexOf(letter, from)
    if (found < 0) return null
    apart += found - from
    from = found + letter.length
  }
  return 100 + apart
}

/** The first `limit` of some in their order: of thousands only these are sorted. Equal ones stay as they came. */
export function smallest<T>(some: Iterable<T>, limit: number, compare: (a: T, b: T) => number): T[] {
  const best: T[] = []
  for (const item of some) {
    const last = best[limit - 1]
    if (last !== undefined && compare(item, last) >= 0) continue
    let [low, high] = [0, best.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const candidate = best[middle]
      if (candidate !== undefined && compare(item, candidate) >= 0) low = middle + 1
      else high = middle
    }
    best.splice(low, 0, item)
    if (best.length > limit) best.pop()
  }
  return best
}

/**
 * The rooms that fit, best first; among equals those with mentions, then unread ones, then those visited last, then mine, and the
 * current one at the end.
 * @param recent rooms by their last visit, the latest first
 */
export function searchRooms<T extends RoomEntry & Partial<UnreadCount>>(
  rooms: readonly T[],
  typed: string,
  { recent, current, limit }: { recent: readonly string[]; current: string; limit: number },
): T[] {
  const visits = new Map(recent.map((room, at) => [room, at]))
  const visited = (room: string) => visits.get(room) ?? recent.length
  const wanted = plain(typed).trim()
  const letters = wanted.replace(/\s+/g, '')
  const fitting: { entry: T; fit: number }[] = []
  for (const entry of rooms) {
    const name = scoreOf(plain(entry.name), wanted, letters)
    const slug = scoreOf(entry.room, wanted, letters)
    if (name !== null || slug !== null)
      fitting.push({ entry, fit: Math.min(name ?? Infinity, slug ?? Infinity) })
  }
  return smallest(
    fitting,
    limit,
    ({ entry: a, fit: fitOfA }, { entry: b, fit: fitOfB }) =>
      fitOfA - fitOfB ||
      Number(a.room === current) - Number(b.room === current) ||
      Number((b.mentions ?? 0) > 0) - Number((a.mentions ?? 0) > 0) ||
      Number((b.unread ?? 0) > 0) - Number((a.unread ?? 0) > 0) ||
      visited(a.room) - visited(b.room) ||
      Number(b.joined) - Number(a.joined) ||
      (a.name < b.name ? -1 : 1),
  ).map(({ entry }) => entry)
}
