/** Files and pipes, named as a command's user names them: `-` is the pipe. */
import { createReadStream } from 'node:fs'

/**
 * Where a command reads from. Opened when it is first read: a stream that fails before it has a reader ends the process.
 * @throws ENOENT and the like, while it is read
 */
export async function* readFrom(word: string): AsyncGenerator<Uint8Array> {
  yield* word === '-' ? process.stdin : createReadStream(word)
}

/** stdout, piece by piece: each is with whoever reads before the next one is taken. */
export const output = {
  write: (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
    }),
}
