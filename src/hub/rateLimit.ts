/** A token bucket as a value. `tokens` may be fractions; `at` and every `now` are ms of `Clock.elapsed`. */
export interface Bucket {
  readonly tokens: number
  readonly at: number
}

/** Tokens that come back in a second, and how many are kept at most. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export function fullBucket(now: number, rate: Rate): Bucket {
  return { tokens: rate.burst, at: now }
}

/**
 * Takes `cost` tokens. Pure: the caller keeps the bucket it gets back.
 * @returns the bucket afterwards, or null if it held too few and nothing was taken
 */
export function take(bucket: Bucket, now: number, rate: Rate, cost = 1): Bucket | null {
  const tokens = tokensAt(bucket, now, rate)
  return tokens < cost ? null : { tokens: tokens - cost, at: now }
}

/** ms until `take` would succeed: 0 if it would now, Infinity if `cost` is above the burst. */
export function waitFor(bucket: Bucket, now: number, rate: Rate, cost = 1): number {
  if (cost > rate.burst) return Infinity
  const lacking = cost - tokensAt(bucket, now, rate)
  return lacking <= 0 ? 0 : Math.ceil((lacking / rate.perSecond) * 1000)
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

  /** Takes tokens. @returns 0, or the ms to wait, and nothing was taken */
  spend(key: string, now: number, cost = 1): number {
    const wait = this.wait(key, now, cost)
    if (wait === 0) this.charge(key, now, cost)
    return wait
  }

  /** Takes tokens even if there are too few: `wait` says how long until the debt is paid. */
  charge(key: string, now: number, cost: number): void {
    if (now - this.#sweptAt >= SWEEP_MS) this.#sweep(now)
    this.#buckets.set(key, { tokens: tokensAt(this.#of(key, now), now, this.#rate) - cost, at: now })
  }

  /** Gives back a token that was not used. */
  give(key: string): void {
    const bucket = this.#buckets.get(key)
    if (bucket) this.#buckets.set(key, { ...bucket, tokens: bucket.tokens + 1 })
  }

  /** ms until `cost` tokens can be taken. */
  wait(key: string, now: number, cost = 1): number {
    return waitFor(this.#of(key, now), now, this.#rate, cost)
  }

  #of(key: string, now: number): Bucket {
    return this.#buckets.get(key) ?? fullBucket(now, this.#rate)
  }

  #sweep(now: number): void {
    this.#sweptAt = now
    for (const [key, bucket] of this.#buckets)
      if (tokensAt(bucket, now, this.#rate) >= this.#rate.burst) this.#buckets.delete(key)
  }
}

function tokensAt(bucket: Bucket, now: number, rate: Rate): number {
  return Math.min(rate.burst, bucket.tokens + ((now - bucket.at) / 1000) * rate.perSecond)
}
