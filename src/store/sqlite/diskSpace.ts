import { spaceOf } from './dataDirectory.ts'

/** How long an answer of the file system holds, ms. */
const CACHED_FOR = 1_000

/** Whether a directory's disk has room for more, asked of the file system once a second at most. */
export class DiskSpace {
  readonly #dir: string
  readonly #reserve: number
  #askedAt = -Infinity
  #isLow = false

  /** @param reserve bytes that are to stay free */
  constructor(dir: string, reserve: number) {
    this.#dir = dir
    this.#reserve = reserve
  }

  /** @param now ms of any clock that runs on */
  isLow(now: number): boolean {
    if (now - this.#askedAt >= CACHED_FOR) {
      this.#askedAt = now
      this.#isLow = spaceOf(this.#dir).free < this.#reserve
    }
    return this.#isLow
  }
}
