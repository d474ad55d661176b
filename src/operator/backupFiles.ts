import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SNAPSHOTS, snapshotsIn } from '../store/sqlite/dataDirectory.ts'

/** The folder of a data directory in which backups are. */
export const BACKUPS = 'backups'
const NAME = /^hubbub-(\d{4}-\d\d-\d\dT\d\d)(\d\d)(\d\d\.\d{3}Z)\.tar\.gz$/
const PARTIAL_NAME = /^\.(hubbub-.*\.tar\.gz)\.\d+$/

/** A backup is named after its time, in ms. */
export function backupNameOf(now: number): string {
  return `hubbub-${new Date(now).toISOString().replaceAll(':', '')}.tar.gz`
}

/** Names of a directory's backups, oldest first. None where there is no folder for them. @throws if it cannot be read */
export function backupsIn(dir: string): string[] {
  return filesIn(dir)
    .filter((name) => NAME.test(name))
    .sort()
}

function filesIn(dir: string): string[] {
  const folder = join(dir, BACKUPS)
  // A link that leads nowhere is there, and is said.
  return lstatSync(folder, { throwIfNoEntry: false }) ? readdirSync(folder) : []
}

/** When a backup of this name was begun, ms; NaN of another name. */
function timeOf(name: string): number {
  const [, hour = '', minute = '', rest = ''] = NAME.exec(name) ?? []
  return Date.parse(`${hour}:${minute}:${rest}`)
}

/** Seconds since the last backup was begun, or null if there is none. @param now ms @throws as `backupsIn` */
export function ageOfLastBackup(dir: string, now: number): number | null {
  const at = timeOf(backupsIn(dir).at(-1) ?? '')
  return Number.isNaN(at) ? null : Math.max(0, (now - at) / 1_000)
}

/** Removes all but the newest of a directory's backups. */
export function pruneBackups(dir: string, keep: number): void {
  for (const name of backupsIn(dir).slice(0, -keep)) rmSync(join(dir, BACKUPS, name))
}

/** Removes the backups and snapshots of a directory that are from before `before` (ms): they hold what retention took. */
export function removeCopiesBefore(dir: string, before: number): void {
  // Half of one is named after it: a process that was killed left it.
  for (const name of filesIn(dir))
    if (timeOf(name.replace(PARTIAL_NAME, '$1')) < before) rmSync(join(dir, BACKUPS, name))
  for (const name of snapshotsIn(dir)) if (timeOf(asBackup(name)) < before) rmSync(join(dir, SNAPSHOTS, name))
}

/** Snapshots say their time as backups do. */
const asBackup = (snapshot: string) => snapshot.replace(/^schema-\d+-(.*)\.db$/, 'hubbub-$1.tar.gz')
