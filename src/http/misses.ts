import type { Clock } from '../hub/ports.ts'
import { Buckets } from '../hub/rate.ts'
import { ChatError } from '../shared/errors.ts'

/** Rooms that are not there, or not open, which one person or one address may ask for (S17). */
const MISSES = { perSecond: 30 / 60, burst: 30 }

/** A person's id, or what admission counts an address by; null has no limit. */
type Key = string | null

/** Counts guesses at rooms. A miss is paid for when it is known to be one, into debt if need be; who owes is not answered. */
export class Misses {
  readonly #clock: Pick<Clock, 'now'>
  readonly #buckets = new Buckets(MISSES)

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** @throws ChatError `rateLimited` if one of them has missed too often, whatever it asks for now */
  allow(...keys: readonly Key[]): void {
    const now = this.#clock.now()
    const after = Math.max(0, ...keys.map((key) => (key === null ? 0 : this.#buckets.wait(key, now))))
    if (after > 0) throw new ChatError('rateLimited', undefined, { after })
  }

  note(...keys: readonly Key[]): void {
    const now = this.#clock.now()
    for (const key of keys) if (key !== null) this.#buckets.charge(key, now, 1)
  }

  /** Looks for a room on somebody's behalf. @throws ChatError `rateLimited`, and whatever `look` throws */
  async guard<T>(keys: readonly Key[], look: () => Promise<T>): Promise<T> {
    this.allow(...keys)
    try {
      return await look()
    } catch (error) {
      if (error instanceof ChatError && error.code === 'noRoom') this.note(...keys)
      throw error
    }
  }
}
