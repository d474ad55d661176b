import { SQLiteError } from 'bun:sqlite'

/**
 * The code of a failure that is the disk's: no space, not writable, locked by another, or what is on it is damaged. It may
 * pass, or somebody must see to it; meanwhile what can be read is read. Null of any other failure: that one is a bug.
 */
export function diskTrouble(error: unknown): string | null {
  if (!(error instanceof SQLiteError) || error.code === undefined) return null
  return /^SQLITE_(FULL|IOERR|BUSY|READONLY|CANTOPEN|CORRUPT|NOTADB)/.test(error.code) ? error.code : null
}
