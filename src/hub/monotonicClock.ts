/** A clock that jumps further between two looks (ms) was set, or the machine slept: nobody is to be blamed for that. */
const LONGEST_STEP = 5_000

/** Time, in ms from 0, for whatever waits: it moves with the clock, but never back and never in leaps. */
export class SteadyTime {
  #time = 0
  #looked: number

  constructor(now: number) {
    this.#looked = now
  }

  /** @param now what the clock shows, ms since the epoch */
  at(now: number): number {
    this.#time += Math.min(Math.max(now - this.#looked, 0), LONGEST_STEP)
    this.#looked = now
    return this.#time
  }
}
