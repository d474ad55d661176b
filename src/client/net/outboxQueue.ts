/** The entries of an outbox that have no ack yet, and how long they may wait. Times in ms since the epoch. */
import type { Durable } from '../../shared/protocol.ts'
import type { StoredEntry } from './parseStored.ts'

export interface UnsentEntry {
  entry: StoredEntry
  progress: SendProgress
  /** how often the server has refused it with "try again" */
  refusals: number
  /** when this tab began to wait for its ack */
  since: number
}

export type SendProgress =
  /**
   * `storing`: the device has not confirmed the entry, so it is not sent yet. `retryAt`: not sent before; 0: as soon as possible.
   * Only the timer sets `retryAt` to 0: a clock read a ms early must not leave the entry without a timer (M68).
   */
  { state: 'storing' | 'queued'; retryAt: number } | { state: 'sent'; sentAt: number }

export const ACK_OVERDUE = 5_000
/** An entry fails after so long on a live connection, and after so long in all. */
const LIVE_PATIENCE = 5 * 60_000
const PATIENCE = 60 * 60_000

/** Has an entry written at `at` waited so long that it is no longer sent automatically? */
export const isLate = (at: number, now: number): boolean => at + PATIENCE <= now

/** The frame of an entry, without what only this device needs to know. */
export function frameOf({ tab: _t, user: _u, at: _a, order: _o, failed: _f, kind, ...content }: StoredEntry) {
  return { type: kind === 'message' ? 'send' : kind, ...content } as Durable
}

/** By nonce, in sending order. */
export class OutboxQueue extends Map<string, UnsentEntry> {
  readonly #clock: () => number
  /** when the connection became live, or null */
  #liveSince: number | null = null
  #clockSeenAt = 0

  constructor(clock: () => number) {
    super()
    this.#clock = clock
  }

  get isLive(): boolean {
    return this.#liveSince !== null
  }

  get inFlight(): number {
    return [...this.values()].filter(({ progress }) => progress.state === 'sent').length
  }

  add(entry: StoredEntry, state: 'storing' | 'queued'): UnsentEntry {
    const unsent: UnsentEntry = { entry, progress: { state, retryAt: 0 }, refusals: 0, since: this.now() }
    this.set(entry.nonce, unsent)
    return unsent
  }

  /** Restores the order of writing, after the entries of several tabs were added. */
  sort(): void {
    const sorted = [...this].sort(([, a], [, b]) => a.entry.order - b.entry.order)
    this.clear()
    for (const [nonce, unsent] of sorted) this.set(nonce, unsent)
  }

  connected(): void {
    this.#liveSince ??= this.now()
  }

  disconnected(): void {
    this.#liveSince = null
  }

  /** The clock. If it was set back, everything that waits is set back too, so that nothing waits for that time again (M77). */
  now(): number {
    const now = this.#clock()
    const back = this.#clockSeenAt - now
    this.#clockSeenAt = now
    if (back <= 0) return now
    for (const unsent of this.values()) {
      const { progress } = unsent
      unsent.since -= back
      if (progress.state === 'sent') progress.sentAt -= back
      else if (progress.retryAt > 0) progress.retryAt -= back
    }
    if (this.#liveSince !== null) this.#liveSince -= back
    return now
  }

  /** When an entry fails unless its ack comes. */
  failsAt({ entry, since }: UnsentEntry): number {
    const live = this.#liveSince === null ? Infinity : Math.max(this.#liveSince, since) + LIVE_PATIENCE
    return Math.min(entry.at + PATIENCE, live)
  }

  /** When the next retry, overdue ack or failure is due; infinity: never. */
  wakesAt(): number {
    const times = [...this.values()].flatMap((unsent) => {
      const { progress } = unsent
      const next = progress.state === 'sent' ? progress.sentAt + ACK_OVERDUE : progress.retryAt || Infinity
      return [next, this.failsAt(unsent)]
    })
    return Math.min(...times)
  }
}
