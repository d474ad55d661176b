import { SQLiteError } from 'bun:sqlite'

/** Why a write failed, as it comes from the writer's thread. `disk`: SQLite's code of a disk error, null for a bug. */
export interface WriteFailure {
  message: string
  disk: string | null
}

export class WriteError extends Error {
  readonly disk: string | null

  constructor({ message, disk }: WriteFailure) {
    super(message)
    this.disk = disk
  }
}

/** SQLite's code if the disk is full, read-only or damaged, or another process holds the database; null for a bug. */
export function diskErrorCode(error: unknown): string | null {
  if (error instanceof WriteError) return error.disk
  if (!(error instanceof SQLiteError) || error.code === undefined) return null
  return /^SQLITE_(FULL|IOERR|BUSY|READONLY|CANTOPEN|CORRUPT|NOTADB)/.test(error.code) ? error.code : null
}

export function failureOf(error: unknown): WriteFailure {
  return { message: error instanceof Error ? error.message : String(error), disk: diskErrorCode(error) }
}

/** Does another process hold the database? That is not reported as a disk error: it ends with that process's transaction. */
export function isDatabaseBusy(code: string): boolean {
  return code.startsWith('SQLITE_BUSY')
}
