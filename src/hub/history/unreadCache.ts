import type { User } from '../../shared/model.ts'
import { mentionsName } from '../../shared/text.ts'
import type { RoomRow, Store, Tally, UnreadAtHead } from '../ports.ts'

/** How much is cached at most: bytes of texts, and 16 for each message. */
const MAX_SIZE = 8_000_000

/**
 * Unread counts far back, equal to the store's. The first request about a stretch of a room is counted by the store; from
 * the second on one tally serves all, until the room's head moves.
 */
export class UnreadCache {
  readonly #store: Pick<Store, 'tally' | 'unread'>
  readonly #stretches = new Map<string, { head: number; counter: Promise<TallyCounter | null> | null }>()
  #size = 0

  constructor(store: Pick<Store, 'tally' | 'unread'>) {
    this.#store = store
  }

  /** As `Store.unread`, at `head` or behind it. @param head the last seq known to exist */
  async unread({ room, floor }: RoomRow, user: User, readSeq: number, head: number): Promise<UnreadAtHead> {
    // Rounded up to a power of two: few stretches, and none is more than twice as long as asked.
    const length = 2 ** Math.ceil(Math.log2(Math.max(head - readSeq, 1)))
    const key = `${room} ${floor} ${length}`
    const asked = this.#stretches.get(key)
    if (asked?.head !== head) this.#stretches.set(key, { head, counter: null })
    else {
      asked.counter ??= this.#counter(room, head - length).catch((error: unknown) => {
        asked.counter = null
        throw error
      })
      const counts = (await asked.counter)?.unread(user, readSeq)
      if (counts && counts.head >= head) return counts
    }
    return this.#store.unread(room, user, readSeq)
  }

  /** Each second: forgets all tallies. */
  tick(): void {
    this.#stretches.clear()
    this.#size = 0
  }

  async #counter(room: string, after: number): Promise<TallyCounter | null> {
    const counter = new TallyCounter(await this.#store.tally(room, after))
    this.#size += counter.size
    return this.#size > MAX_SIZE ? null : counter
  }
}

/** Counts the unread messages of one person after another in the same tally. */
class TallyCounter {
  readonly size: number
  readonly #tally: Tally
  /** newest first, as are those of each author and the texts */
  readonly #seqs: number[] = []
  readonly #own = new Map<string | null, number[]>()
  readonly #texts: { seq: number; author: string | null; text: string; lower: string }[] = []

  constructor(tally: Tally) {
    this.#tally = tally
    let size = 0
    for (const [seq, author, text] of tally.messages) {
      this.#seqs.push(seq)
      const own = this.#own.get(author)
      if (own) own.push(seq)
      else this.#own.set(author, [seq])
      if (text !== null) this.#texts.push({ seq, author, text, lower: text.toLowerCase() })
      size += 16 + 2 * (text?.length ?? 0)
    }
    this.size = size
  }

  /** null if the tally was cut and some of its messages are the reader's own: then only SQL can count. */
  unread({ id, name }: User, readSeq: number): UnreadAtHead | null {
    const own = this.#own.get(id) ?? []
    if (readSeq < this.#tally.from && own.length > 0) return null
    const mark = `@${name.toLowerCase()}`
    let mentions = 0
    for (const { seq, author, text, lower } of this.#texts) {
      if (seq <= readSeq) break
      if (lower.includes(mark) && author !== id && mentionsName(text, name)) mentions += 1
    }
    const unread = countAfter(this.#seqs, readSeq) - countAfter(own, readSeq)
    return { unread, mentions, head: this.#tally.head }
  }
}

/** How many of these seqs, the greatest first, are greater than `after`. */
function countAfter(seqs: readonly number[], after: number): number {
  let [from, to] = [0, seqs.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((seqs[middle] ?? 0) > after) from = middle + 1
    else to = middle
  }
  return from
}
