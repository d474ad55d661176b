import type { Clock } from '../../hub/ports.ts'
import { Buckets } from '../../hub/rateLimit.ts'
import { ChatError } from '../../shared/errors.ts'
import { type BucketKey, scaledForAddress } from './spendTokens.ts'

/** Rooms that are not there, or not open, which one person or one address may ask for (S17). */
const MISSES = { perSecond: 30 / 60, burst: 30 }
/** First misses of people at one address: a mistyped link is usual, many of them are guests made for guessing. */
const FIRST_MISSES = { perSecond: 10 / 60, burst: 15 }
/** For an hour after a miss, a person counts as one who guesses. */
const RECENT_PROBER = { perSecond: 1 / 3_600, burst: 1 }

/**
 * Limits guesses at rooms. A miss is charged once it is known to be one, into debt if need be; a debtor gets no answer. The
 * misses of an address count only against people with misses of their own, so one guest who guesses locks out no other;
 * first misses share a small bucket, so new guests made for guessing gain nothing.
 */
export class RoomProbeLimiter {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #byUser = new Buckets(MISSES)
  readonly #recentProbers = new Buckets(RECENT_PROBER)
  readonly #byAddress: Buckets
  readonly #firstMisses: Buckets

  constructor(clock: Pick<Clock, 'elapsed'>, maxConnectionsPerAddress = 0) {
    this.#clock = clock
    this.#byAddress = new Buckets(scaledForAddress(MISSES, maxConnectionsPerAddress))
    this.#firstMisses = new Buckets(scaledForAddress(FIRST_MISSES, maxConnectionsPerAddress))
  }

  /**
   * @param limitKey what admission counts the address by; null has no limit
   * @throws ChatError `rateLimited` for a person who must wait, whatever they ask for now
   */
  check(user: string | null, limitKey: string | null = null): void {
    const now = this.#clock.elapsed()
    // Takes nothing: a look is paid for once it is a miss.
    for (const [buckets, key] of this.#limits(user, limitKey, now)) {
      const after = key === null ? 0 : buckets.wait(key, now)
      if (after > 0) throw new ChatError('rateLimited', undefined, { after })
    }
  }

  recordMiss(user: string | null, limitKey: string | null = null): void {
    const now = this.#clock.elapsed()
    for (const [buckets, key] of this.#limits(user, limitKey, now))
      if (key !== null) buckets.charge(key, now, 1)
    if (user !== null && this.#recentProbers.wait(user, now) === 0) this.#recentProbers.charge(user, now, 1)
  }

  /** Looks for a room on somebody's behalf. @throws ChatError `rateLimited`, and whatever `look` throws */
  async guard<T>(user: string, limitKey: string | null, look: () => Promise<T>): Promise<T> {
    this.check(user, limitKey)
    try {
      return await look()
    } catch (error) {
      if (error instanceof ChatError && error.code === 'noRoom') this.recordMiss(user, limitKey)
      throw error
    }
  }

  #limits(user: string | null, limitKey: string | null, now: number): readonly BucketKey[] {
    const isProber = user === null || this.#recentProbers.wait(user, now) > 0
    return [
      [this.#byUser, user],
      [isProber ? this.#byAddress : this.#firstMisses, limitKey],
    ]
  }
}
