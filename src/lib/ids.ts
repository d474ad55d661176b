const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Ids of this process: no two are the same. */
export function createIds(): { next(now: number): string; random(length: number): string } {
  let at = 0
  let last = ''
  return {
    /** A UUIDv7 that sorts after all before it, also when the clock is set back. */
    next(now) {
      at = Math.max(at, now)
      let id = Bun.randomUUIDv7('hex', at)
      // After 4,096 ids in one millisecond Bun runs ahead into later ones. When `at` reaches one of those, an id may be below the last.
      while (id <= last) id = Bun.randomUUIDv7('hex', (at += 1))
      last = id
      return id
    },
    /** A byte has 7 × 36 + 4 values, so the first four letters are a little likelier: 20 letters still hold 103 random bits. */
    random: (length) =>
      Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => LETTERS[byte % 36]).join(''),
  }
}
