import { type Bucket, fullBucket, type Rate, take, waitFor } from '../../hub/rateLimit.ts'

export const FRAME_RATE: Rate = { perSecond: 20, burst: 60 }
/** bytes that cost one token more */
const BYTES_PER_TOKEN = 2_048
const BAD_FRAMES = { cost: 5, max: 10, within: 60_000 }
const NOTIFY_EVERY = 1_000
const NO_TIMES: readonly number[] = []

/** What to do with a frame: handle it, drop it in silence, drop it and tell the client, or close. */
export type FrameVerdict = 'pass' | 'drop' | 'notify' | 'flood'

/** The token bucket of one connection and its count of bad frames (`docs/protocol.md` §9). Times are ms of `Clock.elapsed`. */
export class FrameRateLimiter {
  #bucket: Bucket
  /** pays for dropped frames; once empty, the connection is a flood */
  #overdraft: Bucket
  #notifiedAt = -Infinity
  #badTimes = NO_TIMES
  readonly #frames: Rate

  constructor(now: number, frames: Rate = FRAME_RATE) {
    this.#frames = frames
    this.#bucket = fullBucket(now, frames)
    this.#overdraft = fullBucket(now, frames)
  }

  /** Charges a frame, or a ping of 0 bytes, before it is read. */
  charge(bytes: number, now: number): FrameVerdict {
    return this.#pay(1 + Math.floor(bytes / BYTES_PER_TOKEN), now)
  }

  /** Charges the rest of what a bad frame costs. @returns true if it was the tenth within a minute */
  chargeBad(now: number): boolean {
    const verdict = this.#pay(BAD_FRAMES.cost - 1, now)
    this.#badTimes = [...this.#badTimes, now].filter((at) => at > now - BAD_FRAMES.within)
    return verdict === 'flood' || this.#badTimes.length >= BAD_FRAMES.max
  }

  /** ms until an ordinary frame would pass */
  waitMs(now: number): number {
    return waitFor(this.#bucket, now, this.#frames)
  }

  #pay(cost: number, now: number): FrameVerdict {
    const bucket = take(this.#bucket, now, this.#frames, cost)
    if (bucket) {
      this.#bucket = bucket
      return 'pass'
    }
    const overdraft = take(this.#overdraft, now, this.#frames, cost)
    if (overdraft === null) return 'flood'
    this.#overdraft = overdraft
    if (now - this.#notifiedAt < NOTIFY_EVERY) return 'drop'
    this.#notifiedAt = now
    return 'notify'
  }
}
