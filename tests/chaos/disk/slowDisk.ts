/** A library around fsync and fdatasync, compiled where there is a compiler. */
import { join } from 'node:path'

export type SlowDisk = Exclude<ReturnType<typeof slowDisk>, string>

/** @param stallMs how long a stall takes @returns a string that says why it cannot be made here */
export function slowDisk(dir: string, stallMs: number) {
  const cc = Bun.which('cc')
  if (cc === null || process.platform !== 'linux') return 'fsync cannot be slowed without cc'
  const inDir = (file: string) => join(dir, file)
  const [library, log, stall] = [inDir('slow-fsync.so'), inDir('sync.log'), inDir('stall')]
  const source = join(import.meta.dir, 'slow-fsync.c')
  const compiled = Bun.spawnSync([cc, '-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'])
  if (compiled.exitCode !== 0) return `fsync cannot be slowed: ${compiled.stderr.toString().split('\n')[0]}`
  return {
    /** The environment of a server whose fsync takes this much longer. */
    env: (extraMs: number): Record<string, string> => ({
      LD_PRELOAD: library,
      FSYNC_DELAY_US: String(extraMs * 1_000),
      FSYNC_LOG: log,
      FSYNC_STALL_FILE: stall,
      FSYNC_STALL_US: String(stallMs * 1_000),
    }),
    /** The next fsync stalls, once. */
    stall: async () => void (await Bun.write(stall, '')),
    /** Begin and end of every sync so far, µs since the epoch. */
    async log() {
      const text = await Bun.file(log).text()
      const syncs = [...text.matchAll(/^f(?:data)?sync (\d+) (\d+)$/gm)]
      return syncs.map(([, began, ended]) => ({ began: Number(began), ended: Number(ended) }))
    },
  }
}
