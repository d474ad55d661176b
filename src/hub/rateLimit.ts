/** A token bucket as a value. `tokens` may be fractions, `at` is ms since the epoch. */
export interface Bucket {
  readonly tokens: number
  readonly at: number
}

/** Tokens that come back in a second, and how many are kept at most. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** A bucket that nothing was taken from yet. */
export function fullBucket(now: number, rate: Rate): Bucket {
  return { tokens: rate.burst, at: now }
}

/**
 * Takes `cost` tokens. Pure: the caller keeps the bucket it gets back.
 * @param now ms; a clock set back refills nothing
 * @returns the bucket afterwards, or null if it held too few and nothing was taken
 */
export function take(bucket: Bucket, now: number, rate: Rate, cost = 1): Bucket | null {
  const tokens = level(bucket, now, rate)
  return tokens < cost ? null : { tokens: tokens - cost, at: now }
}

/** ms until `take` would succeed, 0 if it would now; never, where `cost` is above the burst. */
export function waitFor(bucket: Bucket, now: number, rate: Rate, cost = 1): number {
  if (cost > rate.burst) return Infinity
  const lacking = cost - level(bucket, now, rate)
  return lacking <= 0 ? 0 : Math.ceil((lacking / rate.perSecond) * 1000)
}

/** The bucket after the clock was set back: it refills from now on, not only when its old time has come again. */
export function notAheadOf(bucket: Bucket, now: number): Bucket {
  return bucket.at <= now ? bucket : { ...bucket, at: now }
}

/** Has it refilled, so that forgetting it changes nothing? */
export function isFull(bucket: Bucket, now: number, rate: Rate): boolean {
  return level(bucket, now, rate) >= rate.burst
}

const SWEEP_MS = 60_000

/** A bucket for each key. Buckets that have refilled are forgotten, so the size follows the keys in use. */
export class Buckets {
  readonly #rate: Rate
  readonly #buckets = new Map<string, Bucket>()
  #sweptAt = 0

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** how many keys have a bucket now */
  get size(): number {
    return this.#buckets.size
  }

  /** Takes a token. @returns 0, or the ms to wait, and nothing was taken */
  spend(key: string, now: number): number {
    this.#sweep(now)
    const bucket = this.#of(key, now)
    const left = take(bucket, now, this.#rate)
    if (left) this.#buckets.set(key, left)
    return left ? 0 : waitFor(bucket, now, this.#rate)
  }

  /** Takes tokens even if there are too few: `wait` says how long until the debt is paid. */
  charge(key: string, now: number, cost: number): void {
    this.#sweep(now)
    const bucket = this.#of(key, now)
    this.#buckets.set(key, { tokens: level(bucket, now, this.#rate) - cost, at: now })
  }

  /** Gives back a token that was not used. */
  give(key: string): void {
    const bucket = this.#buckets.get(key)
    if (bucket) this.#buckets.set(key, { ...bucket, tokens: bucket.tokens + 1 })
  }

  /** ms until a token can be taken. */
  wait(key: string, now: number): number {
    return waitFor(this.#of(key, now), now, this.#rate)
  }

  #of(key: string, now: number): Bucket {
    const known = this.#buckets.get(key)
    if (known === undefined) return fullBucket(now, this.#rate)
    const bucket = notAheadOf(known, now)
    if (bucket !== known) this.#buckets.set(key, bucket)
    return bucket
  }

  #sweep(now: number): void {
    if (Math.abs(now - this.#sweptAt) < SWEEP_MS) return
    this.#sweptAt = now
    for (const [key, bucket] of this.#buckets) if (isFull(bucket, now, this.#rate)) this.#buckets.delete(key)
  }
}

function level(bucket: Bucket, now: number, rate: Rate): number {
  return Math.min(rate.burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * rate.perSecond)
}
