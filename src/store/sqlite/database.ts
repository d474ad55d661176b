import { Database } from 'bun:sqlite'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../../lib/operatorError.ts'
import { databaseIn, refuseNewer, takeSnapshot } from './dataDirectory.ts'
import { migrate, MIGRATIONS, schemaOf } from './migrations.ts'
import { refuseForeignWal } from './soundness.ts'

/** How long (ms) a write waits for another process that holds the database, before it fails with `unavailable`. */
const BUSY_TIMEOUT = 250

/** Values by the names of a statement's parameters. */
export type SqlValues = Record<string, string | number | null | Uint8Array>

// By default Bun keeps 20 statements of a connection compiled; the store has about 60.
Database.MAX_QUERY_CACHE_SIZE = 100

export function queryAll<Row>(db: Database, sql: string, values: SqlValues = {}): Row[] {
  return db.query<Row, [SqlValues]>(sql).all(values)
}

export function queryOne<Row>(db: Database, sql: string, values: SqlValues = {}): Row | null {
  return db.query<Row, [SqlValues]>(sql).get(values)
}

/** @returns how many rows the statement changed */
export function run(db: Database, sql: string, values: SqlValues = {}): number {
  return db.query<null, [SqlValues]>(sql).run(values).changes
}

/**
 * Opens the database of a directory and migrates it to the newest schema, after a copy to `snapshots/`. If a step fails,
 * the database stays as it was.
 * @returns `from`: the schema before, 0 in a new database; `snapshot`: the copy from before the migration
 * @throws OperatorError 4 for a newer schema, without writing; 1 if it cannot be read, written or migrated, or has a foreign WAL
 */
export function openForWriting(
  dir: string,
  steps = MIGRATIONS,
): { db: Database; from: number; snapshot: string | null } {
  const file = databaseIn(dir)
  let db: Database | null = null
  try {
    refuseForeignWal(dir)
    db = connect(file)
    const from = schemaOf(db)
    // After a crash the WAL may hold a newer schema than the header, which was checked before.
    refuseNewer(dir, from, steps.length)
    if (from === steps.length) return { db, from, snapshot: null }
    let snapshot: string | null = null
    if (from > 0) {
      checkpoint(db)
      db.close()
      snapshot = takeSnapshot(dir, from)
      db = connect(file)
    }
    migrate(db, steps)
    checkpoint(db)
    return { db, from, snapshot }
  } catch (error) {
    db?.close()
    if (error instanceof OperatorError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new OperatorError(
      1,
      `The database in ${dir} cannot be used: ${why}. It was left as it was; hubbub doctor tells more.`,
    )
  }
}

/** A connection that sees what is committed and cannot write. */
export function openForReading(dir: string): Database {
  const db = new Database(databaseIn(dir), { readonly: true, strict: true })
  db.run('PRAGMA busy_timeout = 100')
  db.run('PRAGMA cache_size = -8192')
  return db
}

/** Moves the WAL into the main file and truncates it. @returns false if a reader keeps a part of it */
export function checkpoint(db: Database): boolean {
  return queryOne<{ busy: number }>(db, 'PRAGMA wal_checkpoint(TRUNCATE)')?.busy === 0
}

/**
 * Rewrites the database without its free pages, where SQLite may have left deleted text. The disk needs room for two more
 * copies meanwhile.
 * @throws OperatorError 1 if another process reads the database, or for a foreign WAL
 */
export function compactDatabase(dir: string): void {
  refuseForeignWal(dir)
  using db = connect(databaseIn(dir))
  // SQLite would put the copy into /tmp, which may be small.
  db.run(`PRAGMA temp_store_directory = '${join(dir, 'tmp').replaceAll("'", "''")}'`)
  db.run('VACUUM')
  if (checkpoint(db)) return
  throw new OperatorError(1, 'Another process reads the database. Wait until it has ended, and try again.')
}

/** A connection that writes, durable at every commit. */
export function connect(file: string): Database {
  const isNew = statSync(file).size === 0
  const db = new Database(file, { readwrite: true, strict: true })
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`)
  // Lets retention give pages back. SQLite takes this only before the first page exists.
  if (isNew) db.run('PRAGMA auto_vacuum = INCREMENTAL')
  db.run('PRAGMA journal_mode = WAL')
  db.run('PRAGMA synchronous = FULL')
  db.run('PRAGMA secure_delete = ON')
  db.run('PRAGMA cache_size = -8192')
  db.run(`PRAGMA journal_size_limit = ${16 * 1024 * 1024}`)
  return db
}
