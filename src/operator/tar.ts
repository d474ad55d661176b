/**
 * As much of tar as a backup needs: regular files with plain names, of any size, one after the other. What is read is
 * only what is written here; everything else, also an archive that ends early, is refused.
 */

const BLOCK = 512
/** What eleven octal digits hold; beyond it the size is binary, as GNU and POSIX tools read it. */
const MAX_OCTAL = 8 ** 11 - 1

export interface TarEntry {
  name: string
  size: number
}

/** Empty blocks behind an archive: tools fill up to 20 of them, or as many as they were told to. */
const MAX_END_BLOCKS = 2_048

/** The archive cannot be read: it is cut, damaged, or not one of ours. */
export class BadArchive extends Error {}

/** @param at seconds since the epoch */
export function headerOf({ name, size }: TarEntry, at: number): Uint8Array {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  block.write(name, 0, 100)
  block.write(octal(0o600, 8), 100)
  block.write(octal(0, 8) + octal(0, 8), 108)
  if (size <= MAX_OCTAL) block.write(octal(size, 12), 124)
  else {
    block[124] = 0x80
    block.writeBigUInt64BE(BigInt(size), 128)
  }
  block.write(octal(at, 12), 136)
  block.write(`0`, 156)
  block.write('ustar\x0000', 257, 'latin1')
  block.write(octal(checksumOf(block), 7), 148)
  block.write(' ', 155)
  return block
}

/** What follows a file of that size, so that the next header begins on a block. */
export function paddingOf(size: number): Uint8Array {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK)
}

/** What ends an archive. */
export const END = new Uint8Array(2 * BLOCK)

/**
 * Reads an archive, giving each file to `take` piece by piece; after the last piece, and for an empty file, a null.
 * @throws BadArchive, perhaps after files were given
 */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  take: (entry: TarEntry, piece: Uint8Array | null) => Promise<void>,
): Promise<void> {
  let rest = Buffer.alloc(0)
  let entry: TarEntry | null = null
  let left = 0
  let padding = 0
  let ends = 0
  for await (const chunk of source) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    for (;;) {
      if (entry !== null && left > 0) {
        if (rest.length === 0) break
        const piece = rest.subarray(0, left)
        rest = rest.subarray(piece.length)
        left -= piece.length
        await take(entry, piece)
      } else if (entry !== null && padding === 0) {
        await take(entry, null)
        entry = null
      } else if (padding > 0) {
        if (rest.length < padding) break
        rest = rest.subarray(padding)
        padding = 0
      } else {
        if (rest.length < BLOCK) break
        const block = rest.subarray(0, BLOCK)
        rest = rest.subarray(BLOCK)
        const isEmpty = block.every((byte) => byte === 0)
        if (isEmpty && ends < MAX_END_BLOCKS) ends += 1
        else if (ends > 0) throw new BadArchive('there is more after its end')
        else {
          entry = entryOf(block)
          left = entry.size
          padding = paddingOf(entry.size).length
        }
      }
    }
  }
  if (entry !== null || rest.length > 0 || ends < 2) throw new BadArchive('it ends too early')
}

function entryOf(block: Buffer): TarEntry {
  const text = (from: number, to: number) => block.toString('latin1', from, to).replace(/[\0 ].*$/s, '')
  const number = (from: number, to: number) => {
    const digits = text(from, to)
    if (!/^[0-7]+$/.test(digits)) throw new BadArchive('a header of it is damaged')
    return Number.parseInt(digits, 8)
  }
  const copy = Buffer.from(block)
  copy.fill(' ', 148, 156)
  if (block.toString('latin1', 257, 262) !== 'ustar' || number(148, 156) !== checksumOf(copy))
    throw new BadArchive('it is damaged, or no tar')
  const name = text(0, 100)
  if (block[156] !== 0x30 || !/^[\w.-]+$/.test(name) || name.startsWith('.'))
    throw new BadArchive('it holds what no backup holds')
  const size = block[124] === 0x80 ? Number(block.readBigUInt64BE(128)) : number(124, 136)
  if (!Number.isSafeInteger(size)) throw new BadArchive('a header of it is damaged')
  return { name, size }
}

/** The sum of a header's bytes, its own field counted as blanks. */
function checksumOf(block: Buffer): number {
  let sum = 0
  for (const [at, byte] of block.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte
  return sum
}
