/** A clock that jumps further between two looks (ms) was set, or the machine slept: nobody is to be blamed for that. */
const LONGEST_STEP = 5_000

/** Time, in ms from 0, for whatever waits: it moves with the clock, but never back and never in leaps. */
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
