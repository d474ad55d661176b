import { Database } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../../lib/operatorError.ts'
import { createPrivateFile } from './dataDirectory.ts'

export interface DirectoryLock {
  release(): void
}

// An unreferenced Database is collected, which silently frees its lock.
const held = new Set<Database>()

const lockFileIn = (dir: string) => join(dir, 'lock.db')

/**
 * Makes this process the only one that serves a directory, until `release` or the end of the process.
 * @throws OperatorError 3, at once, if another process serves the directory
 */
export function takeLock(dir: string): DirectoryLock {
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
    release() {
      held.delete(db)
      db.close()
    },
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
