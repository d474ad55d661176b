/** A bucket gains `perSecond` tokens a second and holds `burst` at most. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

const SWEEP_MS = 60_000

/**
 * A token bucket for each key. Buckets that have refilled are forgotten, so the size follows the keys in use. Every `now` is
 * ms of `Clock.elapsed`.
 */
export class Buckets {
  readonly #rate: Rate
  /** `tokens`: how many there were at `at`, maybe a fraction; below 0 they are a debt */
  readonly #buckets = new Map<string, { tokens: number; at: number }>()
  #sweptAt = 0

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** how many keys have a bucket now */
  get size(): number {
    return this.#buckets.size
  }

  /** Takes tokens. @returns 0; or the ms to wait, if nothing was taken */
  spend(key: string, now: number, cost = 1): number {
    const wait = this.wait(key, now, cost)
    if (wait === 0) this.charge(key, now, cost)
    return wait
  }

  /** Takes tokens even if there are too few: `wait` says how long until the debt is paid. */
  charge(key: string, now: number, cost: number): void {
    if (now - this.#sweptAt >= SWEEP_MS) this.#sweep(now)
    this.#buckets.set(key, { tokens: this.#tokensOf(key, now) - cost, at: now })
  }

  /** Gives back a token that was not used. */
  give(key: string): void {
    const bucket = this.#buckets.get(key)
    if (bucket) bucket.tokens += 1
  }

  /** ms until `cost` tokens can be taken: 0 if they can now, Infinity if `cost` is above the burst. */
  wait(key: string, now: number, cost = 1): number {
    const { perSecond, burst } = this.#rate
    if (cost > burst) return Infinity
    return Math.max(0, Math.ceil(((cost - this.#tokensOf(key, now)) / perSecond) * 1000))
  }

  #tokensOf(key: string, now: number): number {
    const { perSecond, burst } = this.#rate
    const { tokens, at } = this.#buckets.get(key) ?? { tokens: burst, at: now }
    return Math.min(burst, tokens + ((now - at) / 1000) * perSecond)
  }

  #sweep(now: number): void {
    this.#sweptAt = now
    for (const key of this.#buckets.keys())
      if (this.#tokensOf(key, now) >= this.#rate.burst) this.#buckets.delete(key)
  }
}
