import { type Bucket, fullBucket, isFull, type Rate, take, waitFor } from '../hub/rate.ts'

const SWEEP = 60_000

/** A token bucket for each key. Those that are full again are forgotten, so it is never larger than what was busy lately. */
export class Buckets {
  readonly #rate: Rate
  readonly #buckets = new Map<string, Bucket>()
  #sweptAt = 0

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** keys it remembers just now */
  get size(): number {
    return this.#buckets.size
  }

  /** Takes one token. @param now ms since the epoch @returns 0, or how many ms until there is one */
  take(key: string, now: number): number {
    this.#sweep(now)
    const bucket = this.#buckets.get(key) ?? fullBucket(now, this.#rate)
    const after = take(bucket, now, this.#rate)
    if (after === null) return waitFor(bucket, now, this.#rate)
    this.#buckets.set(key, after)
    return 0
  }

  /** Gives back a token that was not used after all. */
  give(key: string): void {
    const bucket = this.#buckets.get(key)
    if (bucket) this.#buckets.set(key, { ...bucket, tokens: bucket.tokens + 1 })
  }

  #sweep(now: number): void {
    if (Math.abs(now - this.#sweptAt) < SWEEP) return
    this.#sweptAt = now
    for (const [key, bucket] of this.#buckets) if (isFull(bucket, now, this.#rate)) this.#buckets.delete(key)
  }
}

export const FRAMES: Rate = { perSecond: 20, burst: 60 }
/** bytes that cost one token more */
const LONG = 2_048
const BAD = { cost: 5, most: 10, within: 60_000 }
const SAY_EVERY = 1_000

/** What to do with a frame: handle it, drop it in silence, drop it and say so, or close. */
export type Verdict = 'pass' | 'drop' | 'say' | 'flood'

/** The token bucket of one connection and its count of bad frames (`docs/protocol.md` §9). Times are ms since the epoch. */
export class Meter {
  #bucket: Bucket
  /** what may be dropped before the connection is a flood */
  #overdraft: Bucket
  #saidAt = -Infinity
  #bad: number[] = []
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
    const bucket = take(this.#bucket, now, this.#frames, cost)
    if (bucket) {
      this.#bucket = bucket
      return 'pass'
    }
    const overdraft = take(this.#overdraft, now, this.#frames, cost)
    if (overdraft === null) return 'flood'
    this.#overdraft = overdraft
    if (now < this.#saidAt + SAY_EVERY) return 'drop'
    this.#saidAt = now
    return 'say'
  }
}
