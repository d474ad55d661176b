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
      // After 4,096 ids of one millisecond Bun uses up later ones, and forgets that at the next call with a later time.
      while (id <= last) id = Bun.randomUUIDv7('hex', (at += 1))
      last = id
      return id
    },
    /** Four letters come up 8 times where the others come up 7 times: 20 letters still hold 103 random bits. */
    random: (length) =>
      Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => LETTERS[byte % 36]).join(''),
  }
}
