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
      // After 4,096 ids in one millisecond Bun uses the times of later milliseconds. A call with such a time may then get a lower id.
      while (id <= last) id = Bun.randomUUIDv7('hex', (at += 1))
      last = id
      return id
    },
    /** A byte has 7 × 36 + 4 values, so the first four letters are a little likelier: 20 letters still hold 103 random bits. */
    random: (length) =>
      Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => LETTERS[byte % 36]).join(''),
  }
}
