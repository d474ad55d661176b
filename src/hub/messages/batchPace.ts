/** ms over which the load is averaged */
const AVERAGED_OVER = 1_000
/** messages a second below which two of them hardly ever fall into one tick: waiting would gain nothing */
const QUIET_BELOW = 100
/**
 * Deliveries a second from which on a tick is worth its delay, and how long it is, ms. A write to a socket costs 30 times
 * what a message costs that shares it.
 */
const TICKS = [
  { above: 100_000, ms: 25 },
  { above: 20_000, ms: 10 },
] as const

/** Messages that need not wait for more: their writes are shared as well as it pays. */
export const ENOUGH_MESSAGES = 32

/** How far apart batches begin: at once while it is quiet, a tick apart while much is said to many. Times are ms. */
export class BatchPace {
  #messages = 0
  #deliveries = 0
  #decayedAt: number
  #lastBatchAt = -Infinity

  constructor(now: number) {
    this.#decayedAt = now
  }

  /** ms until the next batch is to begin */
  wait(now: number): number {
    this.#decay(now)
    if (this.#messages < QUIET_BELOW) return 0
    const tick = TICKS.find(({ above }) => this.#deliveries >= above)?.ms ?? 0
    // A clock set back is no reason to wait longer.
    return Math.min(tick, Math.max(0, this.#lastBatchAt + tick - now))
  }

  /** A batch begins. */
  batchBegins(now: number): void {
    this.#lastBatchAt = now
  }

  /** So many messages went to so many screens in all. */
  record(now: number, messages: number, deliveries: number): void {
    this.#decay(now)
    this.#messages += messages
    this.#deliveries += deliveries
  }

  #decay(now: number): void {
    const left = Math.exp(-Math.max(0, now - this.#decayedAt) / AVERAGED_OVER)
    this.#decayedAt = now
    this.#messages *= left
    this.#deliveries *= left
  }
}
