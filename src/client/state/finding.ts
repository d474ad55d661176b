/** Which room is meant by what was typed (U84). Pure. */
import type { RoomEntry } from '../../shared/model.ts'
import type { Count } from './unread.ts'

/** As it is compared: without capitals and accents. */
const plain = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

/**
 * How well a name fits: where what was typed stands in it as it is, else 100 and more by how far its letters, in their order, lie
 * apart. null: not at all. Typed text that is blank fits everything.
 */
export function fits(name: string, typed: string): number | null {
  const [whole, wanted] = [plain(name), plain(typed).trim()]
  const at = whole.indexOf(wanted)
  // The beginning of a word is what people type.
  if (at >= 0) return at === 0 ? 0 : /[\p{L}\p{N}]/u.test(whole[at - 1] ?? '') ? 2 : 1
  let from = 0
  let apart = 0
  for (const letter of wanted.replace(/\s+/g, '')) {
    const found = whole.indexOf(letter, from)
    if (found < 0) return null
    apart += found - from
    from = found + letter.length
  }
  return 100 + apart
}

/**
 * The rooms that fit, best first; among equals those with mentions, then unread ones, then those visited last, then mine, and the
 * current one at the end.
 * @param recent rooms by their last visit, the latest first
 */
export function found<T extends RoomEntry & Partial<Count>>(
  rooms: readonly T[],
  typed: string,
  { recent, current, most }: { recent: readonly string[]; current: string; most: number },
): T[] {
  const visited = (room: string) => (recent.includes(room) ? recent.indexOf(room) : recent.length)
  return rooms
    .flatMap((entry) => {
      const by = [fits(entry.name, typed), fits(entry.room, typed)].filter((one) => one !== null)
      return by.length === 0 ? [] : [{ entry, fit: Math.min(...by) }]
    })
    .sort(
      ({ entry: one, fit }, { entry: other, fit: its }) =>
        fit - its ||
        Number(one.room === current) - Number(other.room === current) ||
        Number((other.mentions ?? 0) > 0) - Number((one.mentions ?? 0) > 0) ||
        Number((other.unread ?? 0) > 0) - Number((one.unread ?? 0) > 0) ||
        visited(one.room) - visited(other.room) ||
        Number(other.joined) - Number(one.joined) ||
        (one.name < other.name ? -1 : 1),
    )
    .slice(0, most)
    .map(({ entry }) => entry)
}
