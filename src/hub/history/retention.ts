import type { Clock, Log, Store } from '../ports.ts'

const DAY = 24 * 60 * 60 * 1000
/** events a slice, and ms between two at least: what is said meanwhile goes between them */
const SLICE = { events: 200, pause: 25 }
/** For how many times as long as a slice took the disk is then left to who talks, and ms at most. */
const REST = { times: 3, most: 500 }

interface RetentionDeps {
  store: Pick<Store, 'purge'>
  clock: Clock
  log: Log
  /** after so many what was said is taken away; 0: never */
  days: number
}

/** Takes away what is older than the operator keeps, a little at a time (O27). */
export class Retention {
  readonly #deps: RetentionDeps
  #running = false

  constructor(deps: RetentionDeps) {
    this.#deps = deps
  }

  /** At start and each hour. One at a time; never rejects. */
  async hourly(): Promise<void> {
    const { store, clock, log, days } = this.#deps
    if (days === 0 || this.#running) return
    this.#running = true
    const before = clock.now() - days * DAY
    let events = 0
    try {
      for (;;) {
        const began = clock.now()
        const taken = await store.purge(before, SLICE.events)
        if (taken === 0) break
        events += taken
        const rest = Math.min(REST.most, REST.times * (clock.now() - began))
        await clock.wait(Math.max(SLICE.pause, rest))
      }
    } catch (error) {
      log.error('retention', error)
    } finally {
      this.#running = false
    }
    if (events > 0) log.info('older than RETENTION_DAYS and taken away', { events })
  }
}
