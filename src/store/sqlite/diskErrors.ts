import { SQLiteError } from 'bun:sqlite'

/** SQLite's code if the disk is full, read-only or damaged, or another process holds the database; null for a bug. */
export function diskErrorCode(error: unknown): string | null {
  if (!(error instanceof SQLiteError) || error.code === undefined) return null
  return /^SQLITE_(FULL|IOERR|BUSY|READONLY|CANTOPEN|CORRUPT|NOTADB)/.test(error.code) ? error.code : null
}

/** Another process holds the database: no disk error, and over when that process ends its transaction. */
export function isDatabaseBusy(code: string): boolean {
  return code.startsWith('SQLITE_BUSY')
}
