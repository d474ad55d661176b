import type { HubDeps } from '../ports.ts'

const DAY = 24 * 60 * 60 * 1000
/** Events that are purged at once. */
const SLICE = 200
/** After a slice the disk is left to the chat for three times as long as the slice took, within these bounds (ms). */
const REST = { times: 3, least: 25, most: 500 }

/** Purges events older than RETENTION_DAYS, in slices (O27). */
export class Retention {
  readonly #deps: HubDeps
  #running = false

  constructor(deps: HubDeps) {
    this.#deps = deps
  }

  /** At start and each hour. One at a time; never rejects. */
  async hourly(): Promise<void> {
    const { store, clock, expiry, log, settings } = this.#deps
    const { retentionDays: days = 0 } = settings
    if (days === 0 || this.#running) return
    this.#running = true
    const before = expiry.now() - days * DAY
    let events = 0
    try {
      for (;;) {
        const began = clock.elapsed()
        const purged = await store.purge(before, SLICE)
        if (purged === 0) break
        events += purged
        const rest = REST.times * (clock.elapsed() - began)
        await clock.wait(Math.min(REST.most, Math.max(REST.least, rest)))
      }
    } catch (error) {
      log.error('retention', error)
    } finally {
      this.#running = false
    }
    if (events > 0) log.info('purged what is older than RETENTION_DAYS', { events })
  }
}
