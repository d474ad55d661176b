import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SNAPSHOTS, snapshotsIn } from '../store/sqlite/dataDirectory.ts'

/** The folder of a data directory that holds its backups. */
export const BACKUPS = 'backups'
const DAY = 24 * 60 * 60 * 1_000
const NAME = /^hubbub-.*\.tar\.gz$/
/** The time in the name of a backup, of a partial backup that a killed process left, or of a snapshot. */
const TIME = /^(?:\.?hubbub|schema-\d+)-(\d{4}-\d\d-\d\dT\d\d)(\d\d)(\d\d\.\d{3}Z)\.(?:tar\.gz(?:\.\d+)?|db)$/

/** A backup is named after its start, in ms. */
export function backupNameOf(now: number): string {
  return `hubbub-${new Date(now).toISOString().replaceAll(':', '')}.tar.gz`
}

/** Names of the backups, oldest first. @throws if the folder exists and cannot be read */
export function backupsIn(dir: string): string[] {
  return filesIn(dir)
    .filter((name) => NAME.test(name) && timeIn(name) !== null)
    .sort()
}

function filesIn(dir: string): string[] {
  const folder = join(dir, BACKUPS)
  // `lstat`, so that a dangling link is an error and not a missing folder.
  return lstatSync(folder, { throwIfNoEntry: false }) ? readdirSync(folder) : []
}

/** @returns ms; null for a file that Hubbub did not name */
function timeIn(name: string): number | null {
  const [, hour, minute, rest] = TIME.exec(name) ?? []
  return hour === undefined ? null : Date.parse(`${hour}:${minute}:${rest}`)
}

/** A backup from more than a day ahead of `now` was made while the clock was wrong, and its age is unknown. */
const isMisdated = (name: string, now: number) => (timeIn(name) ?? 0) > now + DAY

/** When the last backup began, ms; null if there is none. @throws if the folder cannot be read */
export function lastBackupAt(dir: string): number | null {
  return timeIn(backupsIn(dir).at(-1) ?? '')
}

/** Seconds since the last backup began; null if there is none. @param now ms @throws if the folder cannot be read */
export function ageOfLastBackup(dir: string, now: number): number | null {
  const at = timeIn(backupsIn(dir).findLast((name) => !isMisdated(name, now)) ?? '')
  return at === null ? null : Math.max(0, (now - at) / 1_000)
}

/** Removes all but the newest backups. Misdated ones go first: else they would outlive all that are made from now on. */
export function pruneBackups(dir: string, keep: number, now: number): void {
  const [dated = [], misdated = []] = [false, true].map((is) =>
    backupsIn(dir).filter((name) => isMisdated(name, now) === is),
  )
  for (const name of [...misdated, ...dated].slice(0, -keep)) rmSync(join(dir, BACKUPS, name))
}

/** Removes backups and snapshots made before `before` (ms): they hold messages that retention has deleted. */
export function removeCopiesBefore(dir: string, before: number): void {
  const isOld = (name: string) => (timeIn(name) ?? Infinity) < before
  for (const name of filesIn(dir).filter(isOld)) rmSync(join(dir, BACKUPS, name))
  for (const name of snapshotsIn(dir).filter(isOld)) rmSync(join(dir, SNAPSHOTS, name))
}
