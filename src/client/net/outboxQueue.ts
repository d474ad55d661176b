/** The entries of an outbox that have no ack yet, in the order in which they leave, and the clock they wait by. */
import { failsAt, setBack, wakesAt, type UnsentEntry } from './outboxEntry.ts'
import type { StoredEntry } from './parseStored.ts'

export class OutboxQueue {
  readonly #clock: () => number
  /** by nonce */
  readonly #entries = new Map<string, UnsentEntry>()
  /** since when (ms) the connection is live, or null */
  #liveSince: number | null = null
  #clockSeenAt = 0

  constructor(clock: () => number) {
    this.#clock = clock
  }

  get size(): number {
    return this.#entries.size
  }

  get isLive(): boolean {
    return this.#liveSince !== null
  }

  get onTheWay(): number {
    let count = 0
    for (const { progress } of this.#entries.values()) if (progress.state === 'sent') count += 1
    return count
  }

  get(nonce: string): UnsentEntry | undefined {
    return this.#entries.get(nonce)
  }

  /** A copy: an entry may fail, and leave the queue, while they are looked at. */
  all(): UnsentEntry[] {
    return [...this.#entries.values()]
  }

  add(entry: StoredEntry, state: 'storing' | 'queued'): UnsentEntry {
    const unsent: UnsentEntry = { entry, progress: { state, retryAt: 0 }, refusals: 0, since: this.now() }
    this.#entries.set(entry.nonce, unsent)
    return unsent
  }

  remove(nonce: string): void {
    this.#entries.delete(nonce)
  }

  clear(): void {
    this.#entries.clear()
  }

  /** After entries of several tabs were added: they leave in the order in which they were written. */
  sort(): void {
    const sorted = this.all().sort((a, b) => a.entry.order - b.entry.order)
    this.#entries.clear()
    for (const unsent of sorted) this.#entries.set(unsent.entry.nonce, unsent)
  }

  connected(): void {
    this.#liveSince ??= this.now()
  }

  disconnected(): void {
    this.#liveSince = null
  }

  /** What the clock shows (ms). Where it was set back, nothing waits for that as well. */
  now(): number {
    const now = this.#clock()
    const back = this.#clockSeenAt - now
    this.#clockSeenAt = now
    if (back <= 0) return now
    for (const unsent of this.#entries.values()) setBack(unsent, back)
    if (this.#liveSince !== null) this.#liveSince -= back
    return now
  }

  /** Has it waited so long that it fails? */
  hasExpired(unsent: UnsentEntry, now: number): boolean {
    return failsAt(unsent, this.#liveSince) <= now
  }

  /** When something is next to be done; infinity: never. */
  wakesAt(): number {
    let next = Number.POSITIVE_INFINITY
    for (const unsent of this.#entries.values()) next = Math.min(next, wakesAt(unsent, this.#liveSince))
    return next
  }
}
