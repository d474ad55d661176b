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
/** Bytes that stay free on the disk for a recovery: with fewer, every write fails (O12). */
export const RESERVE = 64 * 1024 * 1024

/** A file system error as an OperatorError; any other error as it is. */
export function asOperatorError(dir: string, error: unknown): unknown {
  if (error instanceof OperatorError || !(error instanceof Error) || !('code' in error)) return error
  return new OperatorError(
    1,
    `The data directory ${dir} cannot be written (${String(error.code)}). Let this user write there, or set DATA_DIR to another place.`,
  )
}

export const databaseIn = (dir: string) => join(dir, 'hubbub.db')

/** Creates the directory for this user alone. An existing one keeps its mode. */
export function createDirectory(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
}

/** Creates an empty file for this user alone, unless it exists. SQLite gives its mode to -wal and -shm. */
export function createPrivateFile(file: string): void {
  // Never opens an existing file: closing any descriptor of a file drops the locks this process has on it.
  if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600))
}

/** @throws OperatorError 4 for a database of a newer schema than `known` */
export function refuseNewer(dir: string, found: number, known: number): void {
  if (found <= known) return
  const last = snapshotsIn(dir).at(-1)
  const alternative = last === undefined ? '' : `, or put snapshots/${last} back in its place`
  throw new OperatorError(
    4,
    `The database in ${dir} has schema ${found}, and this Hubbub knows ${known}. Start a release that knows schema ${found}${alternative}.`,
  )
}

/** The schema in the header of a directory's database, read without opening the database; 0 if there is none. */
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
 * Copies a closed database to `snapshots/`, and fsyncs the copy before it gets its name. Keeps the last three.
 * @returns the snapshot's path
 */
export function takeSnapshot(dir: string, schema: number): string {
  const folder = join(dir, SNAPSHOTS)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const name = `schema-${String(schema).padStart(4, '0')}-${new Date().toISOString().replaceAll(':', '')}.db`
  const partial = join(dir, 'tmp', name)
  // The next start removes a copy that fails: it empties `tmp`.
  copyFileSync(databaseIn(dir), partial)
  fsyncPath(partial)
  renameSync(partial, join(folder, name))
  fsyncPath(folder)
  // The clock may have been set back: the new snapshot stays even if its name sorts first.
  const others = snapshotsIn(dir).filter((other) => other !== name)
  for (const old of others.slice(0, 1 - SNAPSHOTS_KEPT)) rmSync(join(folder, old))
  return join(folder, name)
}

/** Bytes of a directory's database with its WAL, and bytes free for this user; 0 if unknown. */
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
  const timeOf = (name: string) => name.slice(name.indexOf('-', 'schema-'.length))
  return readdirSync(folder)
    .filter((name) => /^schema-\d+-.*\.db$/.test(name))
    .sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
}

/** Flushes a file's bytes, or a folder's names, to the disk. */
export function fsyncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
