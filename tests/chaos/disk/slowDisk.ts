/** A library around fsync and fdatasync, compiled where there is a compiler. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SlowDisk {
  /** The environment of a server whose fsync takes so much longer. */
  env(extraMs: number): Record<string, string>
  /** The next fsync stalls, once. */
  stall(): Promise<void>
  /** Begin and end of every sync so far, µs since the epoch. */
  log(): Promise<{ began: number; ended: number }[]>
  remove(): Promise<void>
}

/** @param stallMs how long a stall takes @returns a string that says why it cannot be made here */
export async function slowDisk(stallMs: number): Promise<SlowDisk | string> {
  const cc = Bun.which('cc')
  if (cc === null || process.platform !== 'linux') return 'fsync cannot be slowed without cc'
  const dir = await mkdtemp(join(tmpdir(), 'hubbub-fsync-'))
  const [library, log, stall] = ['slow-fsync.so', 'log', 'stall'].map((file) => join(dir, file)) as [
    string,
    string,
    string,
  ]
  const source = join(import.meta.dir, 'slow-fsync.c')
  const compiled = Bun.spawnSync([cc, '-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'])
  if (compiled.exitCode !== 0) {
    await rm(dir, { recursive: true, force: true })
    return `fsync cannot be slowed: ${compiled.stderr.toString().split('\n')[0]}`
  }
  return {
    env: (extraMs) => ({
      LD_PRELOAD: library,
      FSYNC_DELAY_US: String(extraMs * 1_000),
      FSYNC_LOG: log,
      FSYNC_STALL_FILE: stall,
      FSYNC_STALL_US: String(stallMs * 1_000),
    }),
    stall: async () => void (await Bun.write(stall, '')),
    async log() {
      const text = await Bun.file(log).text()
      const syncs = [...text.matchAll(/^f(?:data)?sync (\d+) (\d+)$/gm)]
      return syncs.map(([, began, ended]) => ({ began: Number(began), ended: Number(ended) }))
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}
