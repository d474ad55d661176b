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

interface Deps {
  /** ms, since whenever */
  now(): number
  /** @returns keeps it from being run */
  after(ms: number, run: () => void): () => void
  /** empties the WAL into the file; false: not now */
  fold(): boolean
  /** removes what is left over in some pages; the page to go on with, null at the end, undefined: not now */
  scrub(from: number): number | null | undefined
}

/**
 * What is deleted leaves traces: in the WAL, and in parts of pages that are not in use. The first is emptied soon, the second
 * are looked through from beginning to end a little at a time, so that nobody waits.
 */
export class Traces {
  readonly #deps: Deps
  #cancel: (() => void) | null = null
  #due = 0
  /** where a pass is; null: there is none under way */
  #page: number | null = null
  #began = 0
  #notBefore = 0
  /** passes that are to begin */
  #todo = 0
  /** a purge has taken something, and is not over */
  #purging = false

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** To be told after each delete. @param wait ms, if there is no hurry */
  leave(wait = SOON): void {
    this.#todo = PASSES
    this.#wake(wait)
  }

  /** To be told after each part of a purge. @param took false: it took nothing, or failed, and so the purge is over */
  purged(took: boolean): void {
    if (this.#purging && !took) this.leave()
    this.#purging = took
  }

  stop(): void {
    this.#cancel?.()
  }

  #wake(wait: number): void {
    const due = this.#deps.now() + wait
    if (this.#cancel !== null && this.#due <= due) return
    this.#cancel?.()
    this.#due = due
    this.#cancel = this.#deps.after(wait, () => this.#look())
  }

  #look(): void {
    this.#cancel = null
    if (!this.#deps.fold()) return this.#wake(LATER)
    const now = this.#deps.now()
    if (this.#page === null) {
      if (this.#todo === 0) return
      if (now < this.#notBefore) return this.#wake(this.#notBefore - now)
      this.#todo -= 1
      this.#page = FIRST
      this.#began = now
    }
    const next = this.#deps.scrub(this.#page)
    if (next === undefined) return this.#wake(LATER)
    this.#page = next
    if (next !== null) return this.#wake(BETWEEN)
    if (this.#todo === PASSES - 1) return this.#wake(BETWEEN)
    this.#notBefore = now + REST * (now - this.#began)
    if (this.#todo > 0) this.#wake(SOON)
  }
}
