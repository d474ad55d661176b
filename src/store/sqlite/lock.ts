import { Database } from 'bun:sqlite'
import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../../lib/operatorError.ts'
import { asOperatorError, createDirectory, createPrivateFile } from './dataDirectory.ts'

// An unreferenced Database is collected, which silently frees its lock.
const held = new Set<Database>()

const lockFileIn = (dir: string) => join(dir, 'lock.db')

/**
 * Makes this process the only one that serves a directory, until the lock is disposed of or the process ends.
 * @throws OperatorError 3, at once, if another process serves the directory
 */
export function takeLock(dir: string): Disposable {
  createPrivateFile(lockFileIn(dir))
  const db = new Database(lockFileIn(dir), { readwrite: true })
  try {
    db.run('PRAGMA busy_timeout = 0')
    db.run('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (!isBusy(error)) throw error
    throw new OperatorError(
      3,
      `Another Hubbub is using the data directory ${dir}. Stop it first, or set DATA_DIR.`,
    )
  }
  held.add(db)
  return {
    [Symbol.dispose]() {
      held.delete(db)
      db.close()
    },
  }
}

/**
 * Creates and locks a data directory, and removes unfinished work of dead processes. @param check runs before that removal
 * @throws OperatorError 3 if another process serves the directory, 1 if it cannot be written
 */
export function lockDirectory(dir: string, check = () => {}): Disposable {
  let lock: Disposable | undefined
  try {
    createDirectory(dir)
    lock = takeLock(dir)
    check()
    removeStaleFolders(dir)
    return lock
  } catch (error) {
    lock?.[Symbol.dispose]()
    throw asOperatorError(dir, error)
  }
}

/** Does a process hold the directory's lock? Asking takes a read lock for an instant. */
export function isLocked(dir: string): boolean {
  if (!existsSync(lockFileIn(dir))) return false
  try {
    using db = new Database(lockFileIn(dir), { readonly: true })
    db.query('PRAGMA schema_version').get()
    return false
  } catch (error) {
    if (isBusy(error)) return true
    throw error
  }
}

const isBusy = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY'

/**
 * Makes a folder for unfinished work in the `tmp` of a directory. The folder holds a lock while its process lives, so that
 * a server that starts meanwhile keeps the folder. A process id in its name would not do: in a container ids are soon used
 * again. Disposing of the folder deletes it.
 */
export function createTemporaryFolder(dir: string, name: string): Disposable & { path: string } {
  const tmp = join(dir, 'tmp')
  createDirectory(tmp)
  const path = mkdtempSync(join(tmp, `${name}-`))
  const lock = takeLock(path)
  return {
    path,
    [Symbol.dispose]() {
      lock[Symbol.dispose]()
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** Removes the unfinished work of dead processes. Folders of living processes stay. */
export function removeStaleFolders(dir: string): void {
  const tmp = join(dir, 'tmp')
  // A `tmp` that is not a folder is removed: as a link it could lead out of the directory.
  if (!lstatSync(tmp, { throwIfNoEntry: false })?.isDirectory()) rmSync(tmp, { force: true })
  createDirectory(tmp)
  for (const path of readdirSync(tmp).map((name) => join(tmp, name)))
    if (!isInUse(path)) rmSync(path, { recursive: true, force: true })
}

function isInUse(path: string): boolean {
  try {
    return isLocked(path)
  } catch {
    // An unreadable lock belongs to no living process.
    return false
  }
}
