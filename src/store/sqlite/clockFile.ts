import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClockRecord } from '../../hub/ports.ts'

const fileIn = (dir: string) => join(dir, 'clock.json')

/** What an earlier start knew of the clock; null if there is no such file, or a damaged one. */
export function readClockFile(dir: string): ClockRecord | null {
  try {
    const { at, ahead, waited } = JSON.parse(readFileSync(fileIn(dir), 'utf8')) as Record<string, unknown>
    const isTime = (value: unknown): value is number => Number.isSafeInteger(value)
    return isTime(at) && isTime(ahead) && isTime(waited) ? { at, ahead, waited } : null
  } catch {
    return null
  }
}

/** Never throws: without the file the next start compares the clock with the newest message. */
export function writeClockFile(dir: string, { at, ahead, waited }: ClockRecord): void {
  const record = { at: Math.round(at), ahead: Math.round(ahead), waited: Math.round(waited) }
  const partial = `${fileIn(dir)}.new`
  try {
    writeFileSync(partial, JSON.stringify(record), { mode: 0o600 })
    renameSync(partial, fileIn(dir))
  } catch {
    // A full disk is reported where messages are stored.
  }
}
