const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Ids of this process. Two of them never give the same one; those of one are in order, also when the clock is set back. */
export function createIds(): { next(now: number): string; random(length: number): string } {
  let last = 0
  return {
    next(now) {
      last = Math.max(last, now)
      return Bun.randomUUIDv7('hex', last)
    },
    random(length) {
      let text = ''
      while (text.length < length)
        // 252 = 7 · 36: above it some letters would come up more often
        for (const byte of crypto.getRandomValues(new Uint8Array(length)))
          if (byte < 252 && text.length < length) text += LETTERS[byte % 36]
      return text
    },
  }
}
