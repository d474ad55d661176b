import { SQLiteError } from 'bun:sqlite'

/**
 * The code of a failure that is the disk's and may pass (no space, not writable, locked by another), or null of any
 * other: that one is a bug.
 */
export function diskTrouble(error: unknown): string | null {
  if (!(error instanceof SQLiteError) || error.code === undefined) return null
  return /^SQLITE_(FULL|IOERR|BUSY|READONLY|CANTOPEN)/.test(error.code) ? error.code : null
}
