/** ms: from a delete to the first step, between two steps of a pass, and to the next try while somebody reads. */
const SOON = 500
const BETWEEN = 100
const LATER = 5_000
/** After a pass rest so many times as long as it took. */
const REST = 10
/** Two: during a pass SQLite may move content to a page that the pass has done already. */
const PASSES = 2
/** Page 1 has the schema, and no rooms. */
const FIRST = 2

interface ScrubDeps {
  /** ms of a clock that never goes back */
  now(): number
  /** @returns cancels it */
  after(ms: number, run: () => void): () => void
  /** moves the WAL into the file; false: not possible now */
  checkpoint(): boolean
  /** scrubs some pages; returns the next page, null at the end, undefined if not possible now */
  scrub(from: number): number | null | undefined
}

/**
 * Deleted text stays in the WAL and in unused parts of pages. Soon after a delete the WAL is emptied; then every page is
 * scrubbed, a few at a time, so that nobody waits.
 */
export class ScrubScheduler {
  readonly #deps: ScrubDeps
  #cancel: (() => void) | null = null
  #due = 0
  /** the next page of the pass; null: no pass is running */
  #page: number | null = null
  #passBeganAt = 0
  #notBefore = 0
  /** passes still to begin */
  #passesLeft = 0
  /** a purge has emptied something, and goes on */
  #isPurging = false

  constructor(deps: ScrubDeps) {
    this.#deps = deps
  }

  /** Call it after each delete. @param wait ms until the first step */
  schedule(wait = SOON): void {
    this.#passesLeft = PASSES
    this.#scheduleStep(wait)
  }

  /** Call it after each part of a purge. @param took false: it emptied nothing, or failed, so the purge is over */
  afterPurge(took: boolean): void {
    if (this.#isPurging && !took) this.schedule()
    this.#isPurging = took
  }

  stop(): void {
    this.#cancel?.()
  }

  #scheduleStep(wait: number): void {
    const due = this.#deps.now() + wait
    if (this.#cancel !== null && this.#due <= due) return
    this.#cancel?.()
    this.#due = due
    this.#cancel = this.#deps.after(wait, () => this.#step())
  }

  #step(): void {
    this.#cancel = null
    if (!this.#deps.checkpoint()) return this.#scheduleStep(LATER)
    const now = this.#deps.now()
    if (this.#page === null) {
      if (this.#passesLeft === 0) return
      if (now < this.#notBefore) return this.#scheduleStep(this.#notBefore - now)
      this.#passesLeft -= 1
      this.#page = FIRST
      this.#passBeganAt = now
    }
    const next = this.#deps.scrub(this.#page)
    if (next === undefined) return this.#scheduleStep(LATER)
    this.#page = next
    if (next !== null) return this.#scheduleStep(BETWEEN)
    if (this.#passesLeft === PASSES - 1) return this.#scheduleStep(BETWEEN)
    this.#notBefore = now + REST * (now - this.#passBeganAt)
    if (this.#passesLeft > 0) this.#scheduleStep(SOON)
  }
}
