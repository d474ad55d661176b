/** If the clock jumps further between two calls (ms), it was set or the machine slept: no connection should time out by that. */
const LONGEST_STEP = 5_000

/** Time for timeouts, in ms from 0: it moves with the clock, but never back and never in leaps. */
export class MonotonicClock {
  #elapsed = 0
  #lastNow: number

  constructor(now: number) {
    this.#lastNow = now
  }

  /** @param now what the clock shows, ms since the epoch */
  elapsedAt(now: number): number {
    this.#elapsed += Math.min(Math.max(now - this.#lastNow, 0), LONGEST_STEP)
    this.#lastNow = now
    return this.#elapsed
  }
}
