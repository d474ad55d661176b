/** Copies and removes large files while the server's fsync waits for the same disk. */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'

/** Bytes written before each flush and pause. */
const PIECE = 1024 * 1024
/** The pause is three times as long as the flush took, and from `min` to `max` ms. */
const PAUSE = { times: 3, min: 25, max: 300 }
/** Bytes compared at once. */
const BLOCK = 16 * 1024
/** Bytes by which a file is shortened at once: freeing a large file at once blocks the file system. */
const TRUNCATE_STEP = 16 * PIECE

/** Flushes large writes piece by piece and pauses after each, so that others can use the disk. */
export class WriteThrottle {
  readonly #isThrottled: boolean
  #unflushed = 0

  /** @param isThrottled false if no server uses this disk */
  constructor(isThrottled: boolean) {
    this.#isThrottled = isThrottled
  }

  /** Must be called after each write. */
  async afterWrite(descriptor: number, bytes: number): Promise<void> {
    this.#unflushed += bytes
    if (!this.#isThrottled || this.#unflushed < PIECE) return
    this.#unflushed = 0
    await this.#flush(descriptor)
  }

  async remove(file: string): Promise<void> {
    if (this.#isThrottled) {
      const descriptor = openSync(file, 'r+')
      try {
        for (let size = statSync(file).size - TRUNCATE_STEP; size > 0; size -= TRUNCATE_STEP) {
          ftruncateSync(descriptor, size)
          await this.#flush(descriptor)
        }
      } finally {
        closeSync(descriptor)
      }
    }
    rmSync(file)
  }

  async #flush(descriptor: number): Promise<void> {
    const began = performance.now()
    fdatasyncSync(descriptor)
    const pause = PAUSE.times * (performance.now() - began)
    await Bun.sleep(Math.min(PAUSE.max, Math.max(PAUSE.min, pause)))
  }
}

/**
 * Makes the target equal to the source, writing only blocks that differ. The source may change meanwhile; bytes it grows by
 * are left out, since it could grow faster than they are copied.
 * @returns the number of bytes written
 */
export async function copyDifferences(
  target: number,
  source: number,
  throttle: WriteThrottle,
): Promise<number> {
  const [sourceBytes, targetBytes] = [Buffer.alloc(PIECE), Buffer.alloc(PIECE)]
  const size = fstatSync(source).size
  let at = 0
  let written = 0
  while (at < size) {
    const length = readSync(source, sourceBytes, 0, Math.min(PIECE, size - at), at)
    if (length === 0) break
    const targetLength = readSync(target, targetBytes, 0, length, at)
    for (let from = 0; from < length; from += BLOCK) {
      const end = Math.min(from + BLOCK, length)
      if (end <= targetLength && sourceBytes.compare(targetBytes, from, end, from, end) === 0) continue
      writeSync(target, sourceBytes, from, end - from, at + from)
      written += end - from
      await throttle.afterWrite(target, end - from)
    }
    at += length
  }
  ftruncateSync(target, at)
  return written
}
