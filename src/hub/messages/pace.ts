/** ms over which the load is averaged */
const WITHIN = 1_000
/** messages a second below which two of them hardly ever fall into one tick: waiting would gain nothing */
const FEW = 100
/**
 * Deliveries a second from which on a tick is worth its delay, and how long it is, ms. A write to a socket costs 30 times
 * what a message costs that shares it.
 */
const TICKS = [
  { above: 100_000, ms: 25 },
  { above: 20_000, ms: 10 },
] as const

/** Messages that need not wait for more: their writes are shared as well as it pays. */
export const ENOUGH = 32

/** How far apart batches begin: at once while it is quiet, a tick apart while much is said to many. Times are ms. */
export class Pace {
  #messages = 0
  #deliveries = 0
  #at: number
  #began = -Infinity

  constructor(now: number) {
    this.#at = now
  }

  /** ms until the next batch is to begin */
  wait(now: number): number {
    this.#fade(now)
    if (this.#messages < FEW) return 0
    const tick = TICKS.find(({ above }) => this.#deliveries >= above)?.ms ?? 0
    // A clock set back is no reason to wait longer.
    return Math.min(tick, Math.max(0, this.#began + tick - now))
  }

  /** A batch begins. */
  begin(now: number): void {
    this.#began = now
  }

  /** So many messages went to so many screens in all. */
  note(now: number, messages: number, deliveries: number): void {
    this.#fade(now)
    this.#messages += messages
    this.#deliveries += deliveries
  }

  #fade(now: number): void {
    const left = Math.exp(-Math.max(0, now - this.#at) / WITHIN)
    this.#at = now
    this.#messages *= left
    this.#deliveries *= left
  }
}
