const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** A UUIDv7 of its three parts: 48 bits of ms, 12 bits of count, 64 random bits of which two become the variant. */
function uuid7(ms: number, count: number, random: Uint8Array): string {
  const tail = random.with(0, 0x80 | ((random[0] ?? 0) & 0x3f)).toHex()
  const head = ms.toString(16).padStart(12, '0')
  const middle = count.toString(16).padStart(3, '0')
  return `${head.slice(0, 8)}-${head.slice(8)}-7${middle}-${tail.slice(0, 4)}-${tail.slice(4)}`
}

/**
 * Ids of this process. No two are the same; of those of `next` a later one sorts later, also when the clock is set back or
 * more are asked for than one millisecond holds (Bun's own `randomUUIDv7` keeps neither).
 */
export function createIds(): { next(now: number): string; random(length: number): string } {
  let at = 0
  let count = 0
  return {
    next(now) {
      count += 1
      if (count > 0xfff) [at, count] = [at + 1, 0]
      if (now > at) [at, count] = [now, 0]
      return uuid7(at, count, crypto.getRandomValues(new Uint8Array(8)))
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
