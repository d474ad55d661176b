import { spaceOf } from './dataDirectory.ts'

/** How long an answer of the file system holds, ms. */
const CACHED_FOR = 1_000

/** What the store asks about the disk under it. */
export interface Disk {
  /** @param now ms of any clock that runs on */
  isLow(now: number): boolean
  /** bytes: of the database with its WAL, and free beside it; 0 if unknown */
  measure(): { bytes: number; free: number }
}

/** For a store in memory: no limit, and nothing to measure. */
export const NO_DISK: Disk = { isLow: () => false, measure: () => ({ bytes: 0, free: 0 }) }

/** Whether a directory's disk has room for more, asked of the file system once a second at most. */
export class DiskSpace implements Disk {
  readonly #dir: string
  readonly #reserve: number
  #askedAt = -Infinity
  #isLow = false

  /** @param reserve bytes that are to stay free */
  constructor(dir: string, reserve: number) {
    this.#dir = dir
    this.#reserve = reserve
  }

  measure(): { bytes: number; free: number } {
    return spaceOf(this.#dir)
  }

  isLow(now: number): boolean {
    if (now - this.#askedAt >= CACHED_FOR) {
      this.#askedAt = now
      this.#isLow = spaceOf(this.#dir).free < this.#reserve
    }
    return this.#isLow
  }
}
