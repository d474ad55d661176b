/** The library around fsync and fdatasync, compiled where there is a compiler. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SlowDisk {
  dir: string
  /** environment of a server whose fsync takes so much longer */
  env(extraMs: number): Record<string, string>
  /** The next fsync takes so long, once. */
  stall(): Promise<void>
  /** begin and end of every sync so far, µs since the epoch */
  log(): Promise<{ began: number; ended: number }[]>
  remove(): Promise<void>
}

/** @param stallMs what one stall takes @returns why not, where it cannot be made */
export async function slowDisk(stallMs: number): Promise<SlowDisk | string> {
  const cc = Bun.which('cc')
  if (cc === null || process.platform !== 'linux') return 'no cc here: fsync cannot be slowed'
  const dir = await mkdtemp(join(tmpdir(), 'hubbub-fsync-'))
  const library = join(dir, 'slow-fsync.so')
  const source = join(import.meta.dir, 'slow-fsync.c')
  const made = Bun.spawnSync([cc, '-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'])
  if (made.exitCode !== 0) {
    await rm(dir, { recursive: true, force: true })
    return `fsync cannot be slowed: ${made.stderr.toString().split('\n')[0]}`
  }
  const log = join(dir, 'log')
  const stall = join(dir, 'stall')
  return {
    dir,
    env: (extraMs) => ({
      LD_PRELOAD: library,
      FSYNC_DELAY_US: String(extraMs * 1_000),
      FSYNC_LOG: log,
      FSYNC_STALL_FILE: stall,
      FSYNC_STALL_US: String(stallMs * 1_000),
    }),
    stall: async () => void (await Bun.write(stall, '')),
    async log() {
      const text = await Bun.file(log)
        .text()
        .catch(() => '')
      return [...text.matchAll(/^f(?:data)?sync (\d+) (\d+)$/gm)].map(([, began, ended]) => ({
        began: Number(began),
        ended: Number(ended),
      }))
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}
