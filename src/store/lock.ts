import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { CannotOpen, createPrivate } from './directory.ts'

export interface Lock {
  release(): void
}

// P36: a Database that nothing refers to is collected, and its lock is gone without a word.
const held = new Set<Database>()

/**
 * Makes this process the only one that serves a directory, until `release` or its death, however sudden.
 * @throws CannotOpen 3, at once, if another one does
 */
export function takeLock(dir: string): Lock {
  const file = join(dir, 'lock.db')
  createPrivate(file)
  const db = new Database(file, { readwrite: true })
  try {
    db.run('PRAGMA busy_timeout = 0')
    db.run('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY')
      throw new CannotOpen(
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
