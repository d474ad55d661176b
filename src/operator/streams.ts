import { createReadStream, fsyncSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { WriteThrottle } from './throttledCopy.ts'
import { fsyncPath } from '../store/sqlite/dataDirectory.ts'

/** Where a command writes its data. The promise resolves when the reader has taken the bytes. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>
}

/** Reads a file, or stdin for `-`. A file that cannot be opened fails the first read, with ENOENT or the like. */
export async function* readFrom(name: string): AsyncGenerator<Uint8Array> {
  yield* name === '-' ? process.stdin : createReadStream(name)
}

export const stdout: Sink = {
  write: (bytes) =>
    new Promise((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
    }),
}

/**
 * Writes a private file that exists whole, fsynced, or not at all.
 * @param throttle slows down the writing
 */
export async function writeWholeFile<T>(
  target: string,
  fill: (sink: Sink) => Promise<T>,
  throttle?: WriteThrottle,
): Promise<T> {
  const partial = join(dirname(target), `.${basename(target)}.${process.pid}`)
  const file = await open(partial, 'wx', 0o600)
  try {
    const result = await fill({
      async write(bytes) {
        await file.writeFile(bytes)
        await throttle?.afterWrite(file.fd, bytes.length)
      },
    })
    fsyncSync(file.fd)
    await file.close()
    await rename(partial, target)
    fsyncPath(dirname(target))
    return result
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(partial, { force: true })
    throw error
  }
}
