/** Copying and removing large files on a disk that the server's own fsync waits for. */
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

/** Bytes to write before a rest. */
const PIECE = 1024 * 1024
/** Rest so many times as long as the flush took; at least and at most ms. */
const REST = { times: 3, min: 25, max: 300 }
/** Bytes that are compared at once. */
const BLOCK = 16 * 1024
/** Bytes of a file that are given back at a time: all at once is a long transaction of the file system. */
const TRUNCATE_STEP = 16 * PIECE

/** Slows down large writes: flushes them piece by piece, and rests after each so that others can use the disk. */
export class WriteThrottle {
  readonly #isThrottled: boolean
  #unflushed = 0

  /** @param isThrottled false: nobody else waits for this disk */
  constructor(isThrottled: boolean) {
    this.#isThrottled = isThrottled
  }

  /** Call it after each write. */
  async afterWrite(descriptor: number, bytes: number): Promise<void> {
    this.#unflushed += bytes
    if (!this.#isThrottled || this.#unflushed < PIECE) return
    this.#unflushed = 0
    await this.#flush(descriptor)
  }

  /** Removes a file, a part at a time. */
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
    const rest = REST.times * (performance.now() - began)
    await Bun.sleep(Math.min(REST.max, Math.max(REST.min, rest)))
  }
}

/**
 * Makes a file equal to another, writing only what differs. Both are open; the other may change meanwhile, and what it grows by
 * is left out: it could grow faster than this goes.
 * @returns how many bytes were written
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
    const had = readSync(target, targetBytes, 0, length, at)
    for (let from = 0; from < length; from += BLOCK) {
      const end = Math.min(from + BLOCK, length)
      if (end <= had && sourceBytes.compare(targetBytes, from, end, from, end) === 0) continue
      writeSync(target, sourceBytes, from, end - from, at + from)
      written += end - from
      await throttle.afterWrite(target, end - from)
    }
    at += length
  }
  ftruncateSync(target, at)
  return written
}
