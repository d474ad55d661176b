import type { Clock } from '../../hub/ports.ts'
import { Buckets } from '../../hub/rateLimit.ts'
import { ChatError } from '../../shared/errors.ts'
import { type BucketKey, requireTokens, scaledForAddress } from './spendTokens.ts'

/** Misses of one person, and of one address: requests for rooms that do not exist or are not open (S17). */
const MISSES = { perSecond: 30 / 60, burst: 30 }
/** First misses at one address. One is a mistyped link; many come from guests made for guessing. */
const FIRST_MISSES = { perSecond: 10 / 60, burst: 15 }
/** A person counts as guessing for an hour after a miss. */
const RECENT_PROBER = { perSecond: 1 / 3_600, burst: 1 }

/**
 * Limits guesses at rooms. A miss is charged after the fact, into debt if need be; a debtor gets no answer. Each address has a
 * bucket for people's first misses and one for later ones. So a guest who guesses holds up only people who have missed too, and
 * guests made for guessing share the few first misses (S56).
 */
export class RoomProbeLimiter {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #byUser = new Buckets(MISSES)
  readonly #recentProbers = new Buckets(RECENT_PROBER)
  readonly #byAddress: Buckets
  readonly #firstMisses: Buckets
  /** misses without a session: they do not count against people with one */
  readonly #withoutSession: Buckets

  constructor(clock: Pick<Clock, 'elapsed'>, maxConnectionsPerAddress: number) {
    this.#clock = clock
    this.#byAddress = new Buckets(scaledForAddress(MISSES, maxConnectionsPerAddress))
    this.#firstMisses = new Buckets(scaledForAddress(FIRST_MISSES, maxConnectionsPerAddress))
    this.#withoutSession = new Buckets(scaledForAddress(MISSES, maxConnectionsPerAddress))
  }

  /**
   * Takes nothing: only a miss costs.
   * @param limitKey the address as admission counts it; null has no limit
   * @throws ChatError `rateLimited` for a person who must wait, whatever they ask for now
   */
  check(user: string, limitKey: string | null): void {
    const now = this.#clock.elapsed()
    requireTokens(now, this.#limits(user, limitKey, now))
  }

  recordMiss(user: string, limitKey: string | null): void {
    const now = this.#clock.elapsed()
    for (const [buckets, key] of this.#limits(user, limitKey, now))
      if (key !== null) buckets.charge(key, now, 1)
    this.#recentProbers.spend(user, now)
  }

  /** Looks for a room on a person's behalf. @throws ChatError `rateLimited`, and whatever `look` throws */
  async guard<T>(user: string, limitKey: string | null, look: () => Promise<T>): Promise<T> {
    this.check(user, limitKey)
    return countMisses(look, () => this.recordMiss(user, limitKey))
  }

  /** The same for somebody who may have no session. */
  async guardAddress<T>(limitKey: string | null, look: () => Promise<T>): Promise<T> {
    const now = this.#clock.elapsed()
    requireTokens(now, [[this.#withoutSession, limitKey]])
    return countMisses(look, () => {
      if (limitKey !== null) this.#withoutSession.charge(limitKey, now, 1)
    })
  }

  #limits(user: string, limitKey: string | null, now: number): readonly BucketKey[] {
    const isProber = this.#recentProbers.wait(user, now) > 0
    return [
      [this.#byUser, user],
      [isProber ? this.#byAddress : this.#firstMisses, limitKey],
    ]
  }
}

async function countMisses<T>(look: () => Promise<T>, missed: () => void): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof ChatError && error.code === 'noRoom') missed()
    throw error
  }
}
