import type { Clock, ClockRecord, Log } from './ports.ts'

const HOUR = 60 * 60 * 1000
/** A clock that is further than this (ms) from the expected time is in doubt, until it has kept its new time for as long. */
const DAY = 24 * HOUR

interface ExpiryClockDeps {
  clock: Pick<Clock, 'now' | 'elapsed'>
  log: Log
  /** from before the start; null if there is none: then the clock is believed */
  last?: ClockRecord | null
  /** keeps the record: each hour, and when a doubt begins or ends */
  save?(record: ClockRecord): void
}

/**
 * The time by which messages, sessions, names and backups expire. A clock that has jumped by more than a day, at start or while
 * the server runs, would make all of them expire at once: nothing expires until it has kept its new time for a day (O43).
 */
export class ExpiryClock {
  readonly #deps: ExpiryClockDeps
  /** only until the constructor has compared the clock with it */
  #last: ClockRecord | null
  /** a credible time, and when that was by `Clock.elapsed`; ms */
  #at: number
  #elapsedAt: number
  #doubt: { ahead: number; since: number } | null = null
  #savedAt = -Infinity

  constructor(deps: ExpiryClockDeps) {
    const { clock, last = null } = deps
    this.#deps = deps
    this.#last = last
    this.#at = last?.at ?? clock.now()
    this.#elapsedAt = clock.elapsed()
    this.now()
    this.#last = null
  }

  /** ms since the epoch; 0 while the clock is in doubt: nothing is old enough then. Called each second, to see every jump. */
  now(): number {
    const { clock } = this.#deps
    const [now, elapsed] = [clock.now(), clock.elapsed()]
    const credible = this.#at + elapsed - this.#elapsedAt
    const ahead = now - credible
    const before = this.#doubt
    if (Math.abs(ahead) <= DAY) this.#doubt = null
    else if (!before || Math.abs(ahead - before.ahead) > DAY) this.#beginDoubt(ahead, elapsed)
    else if (elapsed - before.since >= DAY) this.#doubt = null
    if (this.#doubt === null) [this.#at, this.#elapsedAt] = [now, elapsed]
    if (before && !this.#doubt) this.#deps.log.info('the clock is credible again')
    if (before !== this.#doubt || elapsed - this.#savedAt >= HOUR) this.#save(credible, ahead, elapsed)
    return this.#doubt === null ? now : 0
  }

  #beginDoubt(ahead: number, elapsed: number): void {
    const last = this.#last
    // After a restart the same doubt goes on.
    const isSame = last && last.waited > 0 && Math.abs(ahead - last.ahead) <= DAY
    this.#doubt = { ahead, since: isSame ? elapsed - last.waited : elapsed }
    this.#deps.log.warn(
      'the clock has jumped: nothing expires until it has kept its new time for a day. Set it if it is wrong',
      { days: Math.round(ahead / DAY) },
    )
  }

  #save(credible: number, ahead: number, elapsed: number): void {
    this.#savedAt = elapsed
    const { save } = this.#deps
    if (this.#doubt === null) save?.({ at: this.#at, ahead: 0, waited: 0 })
    else save?.({ at: credible, ahead, waited: elapsed - this.#doubt.since })
  }
}
