/** ms: from a delete to the first look, between some pages and the next, and to the next try while somebody reads. */
const SOON = 500
const BETWEEN = 100
const LATER = 5_000
/** For how many times as long as it took nothing is looked through again. */
const REST = 10
/** In the midst of a pass SQLite may give a page that comes later the number of one that was before. */
const PASSES = 2
/** The first page is of no room. */
const FIRST = 2

interface ScrubDeps {
  /** ms, since whenever */
  now(): number
  /** @returns keeps it from being run */
  after(ms: number, run: () => void): () => void
  /** empties the WAL into the file; false: not now */
  checkpoint(): boolean
  /** removes what is left over in some pages; the page to go on with, null at the end, undefined: not now */
  scrub(from: number): number | null | undefined
}

/**
 * What is deleted leaves traces: in the WAL, and in parts of pages that are not in use. The first is emptied soon, the second
 * are looked through from beginning to end a little at a time, so that nobody waits.
 */
export class ScrubScheduler {
  readonly #deps: ScrubDeps
  #cancel: (() => void) | null = null
  #due = 0
  /** where a pass is; null: there is none under way */
  #page: number | null = null
  #passBeganAt = 0
  #notBefore = 0
  /** passes that are to begin */
  #passesLeft = 0
  /** a purge has taken something, and is not over */
  #isPurging = false

  constructor(deps: ScrubDeps) {
    this.#deps = deps
  }

  /** To be told after each delete. @param wait ms, if there is no hurry */
  schedule(wait = SOON): void {
    this.#passesLeft = PASSES
    this.#scheduleStep(wait)
  }

  /** To be told after each part of a purge. @param took false: it took nothing, or failed, and so the purge is over */
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
