import type { Clock } from '../hub/ports.ts'
import { Buckets } from '../hub/rateLimit.ts'
import { ChatError } from '../shared/errors.ts'
import { type Purse, scaled } from './spend.ts'

/** Rooms that are not there, or not open, which one person or one address may ask for (S17). */
const MISSES = { perSecond: 30 / 60, burst: 30 }
/** First misses of people at one address: a mistyped link is usual, many of them are guests made for guessing. */
const FIRST = { perSecond: 10 / 60, burst: 15 }
/** For an hour after a miss, a person counts as one who guesses. */
const KNOWN = { perSecond: 1 / 3_600, burst: 1 }

/**
 * Limits guesses at rooms. A miss is charged once it is known to be one, into debt if need be; a debtor gets no answer. The
 * misses of an address count only against people with misses of their own, so one guest who guesses locks out no other;
 * first misses share a small bucket, so new guests made for guessing gain nothing.
 */
export class Misses {
  readonly #clock: Pick<Clock, 'now'>
  readonly #people = new Buckets(MISSES)
  readonly #known = new Buckets(KNOWN)
  readonly #addresses: Buckets
  readonly #first: Buckets

  constructor(clock: Pick<Clock, 'now'>, maxConnectionsPerAddress = 0) {
    this.#clock = clock
    this.#addresses = new Buckets(scaled(MISSES, maxConnectionsPerAddress))
    this.#first = new Buckets(scaled(FIRST, maxConnectionsPerAddress))
  }

  /**
   * @param counted what admission counts the address by; null has no limit
   * @throws ChatError `rateLimited` for a person who must wait, whatever they ask for now
   */
  allow(user: string | null, counted: string | null = null): void {
    const now = this.#clock.now()
    // Takes nothing: a look is paid for once it is a miss.
    for (const [buckets, key] of this.#purses(user, counted, now)) {
      const after = key === null ? 0 : buckets.wait(key, now)
      if (after > 0) throw new ChatError('rateLimited', undefined, { after })
    }
  }

  note(user: string | null, counted: string | null = null): void {
    const now = this.#clock.now()
    for (const [buckets, key] of this.#purses(user, counted, now))
      if (key !== null) buckets.charge(key, now, 1)
    if (user !== null && this.#known.wait(user, now) === 0) this.#known.charge(user, now, 1)
  }

  /** Looks for a room on somebody's behalf. @throws ChatError `rateLimited`, and whatever `look` throws */
  async guard<T>(user: string, counted: string | null, look: () => Promise<T>): Promise<T> {
    this.allow(user, counted)
    try {
      return await look()
    } catch (error) {
      if (error instanceof ChatError && error.code === 'noRoom') this.note(user, counted)
      throw error
    }
  }

  #purses(user: string | null, counted: string | null, now: number): readonly Purse[] {
    const isKnown = user === null || this.#known.wait(user, now) > 0
    return [
      [this.#people, user],
      [isKnown ? this.#addresses : this.#first, counted],
    ]
  }
}
