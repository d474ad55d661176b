/** What is measured on, and what its disk costs. */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import { join } from 'node:path'
import { spreadOf } from './figures.ts'

export interface Machine {
  /** all of it in one line */
  line: string
  load: string
}

/** Where this runs, and what one fsync costs beside the data. */
export async function machine(home: string): Promise<Machine> {
  const load = (loadavg()[0] ?? 0).toFixed(1)
  const fsync = fsyncAlone(join(home, 'fsync'))
  const model = cpus()[0]?.model.trim() || process.arch
  const line = `${cpus().length} cores of ${model}, Linux ${release()}, Bun ${Bun.version}, fsync ${fsync.toFixed(2)} ms, load ${load}, ${new Date().toISOString().slice(0, 10)}`
  return { line, load }
}

/** ms between two of them: as a quiet room has them. One right behind another takes a third of the time. */
const APART = 20

/** ms of one write of 4 KiB with fsync where nothing else is done, median. */
export function fsyncAlone(path: string): number {
  const file = openSync(path, 'w')
  const took: number[] = []
  for (let n = 0; n < 50; n += 1) {
    Bun.sleepSync(APART)
    const began = performance.now()
    writeSync(file, Buffer.alloc(4_096, n))
    fsyncSync(file)
    took.push(performance.now() - began)
  }
  closeSync(file)
  rmSync(path)
  return spreadOf(took)?.median ?? 0
}
