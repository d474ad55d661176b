const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** A UUIDv7 of its three parts: 48 bits of ms, 12 bits of count, 64 random bits as hex digits, of which two become the variant. */
function uuid7(ms: number, count: number, random: string): string {
  const variant = '89ab'.charAt(parseInt(random.charAt(0), 16) % 4)
  const head = ms.toString(16).padStart(12, '0')
  const middle = count.toString(16).padStart(3, '0')
  return `${head.slice(0, 8)}-${head.slice(8)}-7${middle}-${variant}${random.slice(1, 4)}-${random.slice(4)}`
}

/** Hex digits of one id, and bytes that are drawn at once: to draw costs more than to cut. */
const DIGITS = 16
const DRAWN = 1_024

/**
 * Ids of this process. No two are the same; of those of `next` a later one sorts later, also when the clock is set back or
 * more are asked for than one millisecond holds (Bun's own `randomUUIDv7` keeps neither).
 */
export function createIds(): { next(now: number): string; random(length: number): string } {
  let at = 0
  let count = 0
  let drawn = ''
  return {
    next(now) {
      count += 1
      if (count > 0xfff) [at, count] = [at + 1, 0]
      if (now > at) [at, count] = [now, 0]
      if (drawn === '') drawn = crypto.getRandomValues(new Uint8Array(DRAWN)).toHex()
      const random = drawn.slice(0, DIGITS)
      drawn = drawn.slice(DIGITS)
      return uuid7(at, count, random)
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
