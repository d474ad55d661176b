import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../../lib/operatorError.ts'

export const SNAPSHOTS = 'snapshots'
const SNAPSHOTS_KEPT = 3
/** Bytes that stay free on the disk, so that there is room to recover: below it nothing is stored (O12). */
export const RESERVE = 64 * 1024 * 1024

/** What the system says when a place cannot be written, in words for who chose it; other errors as they are. */
export function asOperatorError(dir: string, error: unknown): unknown {
  if (error instanceof OperatorError || !(error instanceof Error) || !('code' in error)) return error
  return new OperatorError(
    1,
    `The data directory ${dir} cannot be written (${String(error.code)}). Let this user write there, or set DATA_DIR to another place.`,
  )
}

export const databaseIn = (dir: string) => join(dir, 'hubbub.db')

/** Makes the directory where there is none, for this user alone. One that exists keeps its mode. */
export function createDirectory(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
}

/** Makes an empty file, for this user alone, where there is none. SQLite gives its mode to -wal and -shm. */
export function createPrivateFile(file: string): void {
  // Only ever opened when new: closing any descriptor of a file drops the locks this process has on it.
  if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600))
}

/**
 * Turns down a database of a newer schema than `known`.
 * @throws OperatorError 4
 */
export function refuseNewer(dir: string, found: number, known: number): void {
  if (found <= known) return
  const last = snapshotsIn(dir).at(-1)
  const back = last === undefined ? '' : `, or put snapshots/${last} back in its place`
  throw new OperatorError(
    4,
    `The database in ${dir} has schema ${found}, and this Hubbub knows ${known}. Start a release that knows schema ${found}${back}.`,
  )
}

/** The schema that the header of a directory's database names, read without touching it; 0 if there is none. */
export function schemaInHeader(dir: string): number {
  const file = databaseIn(dir)
  if (!existsSync(file)) return 0
  const header = Buffer.alloc(100)
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, header, 0, header.length, 0)
  } finally {
    closeSync(descriptor)
  }
  return header.toString('latin1', 0, 15) === 'SQLite format 3' ? header.readUInt32BE(60) : 0
}

/**
 * Copies the database, which nobody has open, to `snapshots/`, fsynced before it gets its name. The last three stay.
 * @returns the snapshot's path
 */
export function takeSnapshot(dir: string, schema: number): string {
  const folder = join(dir, SNAPSHOTS)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const name = `schema-${String(schema).padStart(4, '0')}-${new Date().toISOString().replaceAll(':', '')}.db`
  const partial = join(dir, 'tmp', name)
  try {
    copyFileSync(databaseIn(dir), partial)
    fsyncPath(partial)
    renameSync(partial, join(folder, name))
    fsyncPath(folder)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
  for (const old of snapshotsIn(dir).slice(0, -SNAPSHOTS_KEPT)) rmSync(join(folder, old))
  return join(folder, name)
}

/** Bytes: of a directory's database with its WAL, and free for this user on its disk; 0 for what cannot be told. */
export function spaceOf(dir: string): { bytes: number; free: number } {
  const size = (name: string) => statSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0
  const bytes = size('hubbub.db') + size('hubbub.db-wal')
  try {
    const { bavail, bsize } = statfsSync(dir)
    return { bytes, free: bavail * bsize }
  } catch {
    return { bytes, free: 0 }
  }
}

/** Names of the snapshots, oldest first. */
export function snapshotsIn(dir: string): string[] {
  const folder = join(dir, SNAPSHOTS)
  if (!existsSync(folder)) return []
  const taken = (name: string) => name.slice(name.indexOf('-', 'schema-'.length))
  return readdirSync(folder)
    .filter((name) => /^schema-\d+-.*\.db$/.test(name))
    .sort((a, b) => (taken(a) < taken(b) ? -1 : 1))
}

/** Puts a file's bytes, or a folder's names, on the disk. */
export function fsyncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
