import { SQLiteError } from 'bun:sqlite'

/**
 * The code of a failure that is no bug: the disk is full, read-only or damaged, or another process holds the database.
 * Reading goes on meanwhile.
 */
export function diskErrorCode(error: unknown): string | null {
  if (!(error instanceof SQLiteError) || error.code === undefined) return null
  return /^SQLITE_(FULL|IOERR|BUSY|READONLY|CANTOPEN|CORRUPT|NOTADB)/.test(error.code) ? error.code : null
}

/** Does another process hold the database? The disk is sound, and when that process is done everything works. */
export function isDatabaseBusy(code: string): boolean {
  return code.startsWith('SQLITE_BUSY')
}
