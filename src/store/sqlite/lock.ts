import { Database } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../../lib/operatorError.ts'
import { createPrivateFile } from './dataDirectory.ts'

export interface DirectoryLock {
  release(): void
}

// P36: a Database that nothing refers to is collected, and its lock is gone without a word.
const held = new Set<Database>()

/**
 * Makes this process the only one that serves a directory, until `release` or its death, however sudden.
 * @throws OperatorError 3, at once, if another one does
 */
export function takeLock(dir: string): DirectoryLock {
  const file = join(dir, 'lock.db')
  createPrivateFile(file)
  const db = new Database(file, { readwrite: true })
  try {
    db.run('PRAGMA busy_timeout = 0')
    db.run('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (isBusy(error))
      throw new OperatorError(
        3,
        `Another Hubbub is using the data directory ${dir}. Stop it first, or set DATA_DIR.`,
      )
    throw error
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
  const file = join(dir, 'lock.db')
  if (!existsSync(file)) return false
  try {
    const db = new Database(file, { readonly: true })
    try {
      db.query('PRAGMA schema_version').get()
      return false
    } finally {
      db.close()
    }
  } catch (error) {
    if (isBusy(error)) return true
    throw error
  }
}

const isBusy = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY'
