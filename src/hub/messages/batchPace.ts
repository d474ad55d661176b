/** ms over which the load is averaged */
const AVERAGED_OVER = 1_000
/** Below this many messages a second, two rarely fall into one tick: waiting would gain nothing. */
const QUIET_BELOW = 100
/**
 * From `above` deliveries a second on, batches begin `ms` apart: messages that share a socket write are much cheaper, as one
 * write costs as much as 30 of them.
 */
const TICKS = [
  { above: 100_000, ms: 25 },
  { above: 20_000, ms: 20 },
] as const

/** A batch of at least this many messages does not wait for more: sharing its writes further gains little. */
export const ENOUGH_MESSAGES = 32

/** How far apart batches begin: at once while it is quiet, a tick apart under load. Times are ms of `Clock.elapsed`. */
export class BatchPace {
  #messages = 0
  #deliveries = 0
  #decayedAt = 0
  #lastBatchAt = -Infinity

  /** ms until the next batch is to begin */
  wait(now: number): number {
    this.#decay(now)
    if (this.#messages < QUIET_BELOW) return 0
    const tick = TICKS.find(({ above }) => this.#deliveries >= above)?.ms ?? 0
    return Math.max(0, this.#lastBatchAt + tick - now)
  }

  batchBegins(now: number): void {
    this.#lastBatchAt = now
  }

  /** Counts the messages of a batch, and to how many connections they went in all. */
  record(now: number, messages: number, deliveries: number): void {
    this.#decay(now)
    this.#messages += messages
    this.#deliveries += deliveries
  }

  #decay(now: number): void {
    const left = Math.exp((this.#decayedAt - now) / AVERAGED_OVER)
    this.#decayedAt = now
    this.#messages *= left
    this.#deliveries *= left
  }
}
