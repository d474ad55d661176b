import { notAheadOf, type Bucket, fullBucket, type Rate, take, waitFor } from '../../hub/rateLimit.ts'

export const FRAMES: Rate = { perSecond: 20, burst: 60 }
/** bytes that cost one token more */
const LONG = 2_048
const BAD = { cost: 5, most: 10, within: 60_000 }
const SAY_EVERY = 1_000
const NONE: readonly number[] = []

/** What to do with a frame: handle it, drop it in silence, drop it and say so, or close. */
export type Verdict = 'pass' | 'drop' | 'say' | 'flood'

/** The token bucket of one connection and its count of bad frames (`docs/protocol.md` §9). Times are ms since the epoch. */
export class Meter {
  #bucket: Bucket
  /** what may be dropped before the connection is a flood */
  #overdraft: Bucket
  #saidAt = -Infinity
  #bad = NONE
  readonly #frames: Rate

  constructor(now: number, frames: Rate = FRAMES) {
    this.#frames = frames
    this.#bucket = fullBucket(now, frames)
    this.#overdraft = fullBucket(now, frames)
  }

  /** Charges a frame, or a ping of 0 bytes, before it is read. */
  charge(bytes: number, now: number): Verdict {
    return this.#pay(1 + Math.floor(bytes / LONG), now)
  }

  /** Charges the rest of what a bad frame costs. @returns true if it was the tenth within a minute */
  bad(now: number): boolean {
    const verdict = this.#pay(BAD.cost - 1, now)
    this.#bad = [...this.#bad, now].filter((at) => at > now - BAD.within)
    return verdict === 'flood' || this.#bad.length >= BAD.most
  }

  /** ms until an ordinary frame would pass */
  after(now: number): number {
    return waitFor(this.#bucket, now, this.#frames)
  }

  #pay(cost: number, now: number): Verdict {
    this.#bucket = notAheadOf(this.#bucket, now)
    this.#overdraft = notAheadOf(this.#overdraft, now)
    const bucket = take(this.#bucket, now, this.#frames, cost)
    if (bucket) {
      this.#bucket = bucket
      return 'pass'
    }
    const overdraft = take(this.#overdraft, now, this.#frames, cost)
    if (overdraft === null) return 'flood'
    this.#overdraft = overdraft
    if (Math.abs(now - this.#saidAt) < SAY_EVERY) return 'drop'
    this.#saidAt = now
    return 'say'
  }
}
