import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of a data directory in which backups are. */
export const BACKUPS = 'backups'
const NAME = /^hubbub-(\d{4}-\d\d-\d\dT\d\d)(\d\d)(\d\d\.\d{3}Z)\.tar\.gz$/

/** A backup is named after its time, in ms. */
export function nameOf(now: number): string {
  return `hubbub-${new Date(now).toISOString().replaceAll(':', '')}.tar.gz`
}

/** Names of a directory's backups, oldest first. None where there is no folder for them. */
export function backupsIn(dir: string): string[] {
  try {
    return readdirSync(join(dir, BACKUPS))
      .filter((name) => NAME.test(name))
      .sort()
  } catch {
    return []
  }
}

/** Seconds since the last backup was begun, or null if there is none. @param now ms */
export function ageOfLastBackup(dir: string, now: number): number | null {
  const [, hour = '', minute = '', rest = ''] = NAME.exec(backupsIn(dir).at(-1) ?? '') ?? []
  const at = Date.parse(`${hour}:${minute}:${rest}`)
  return Number.isNaN(at) ? null : Math.max(0, (now - at) / 1_000)
}

/** Removes all but the newest of a directory's backups. */
export function pruneBackups(dir: string, keep: number): void {
  for (const name of backupsIn(dir).slice(0, -keep)) rmSync(join(dir, BACKUPS, name))
}
