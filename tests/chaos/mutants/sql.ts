/** The planted fault MUTANT in the writer's thread: SQL is replaced on its way to SQLite. */
import { Database } from 'bun:sqlite'

const KNOWN = 'SELECT seq, id, at, digest FROM events WHERE user_id = $user AND nonce = $nonce'
const mutant = process.env['MUTANT']

/** Removes the table's constraint that a seq is unique. */
function loosened(db: Database, table: string): void {
  db.run(`CREATE TABLE loose AS SELECT * FROM ${table}`)
  db.run(`DROP TABLE ${table}`)
  db.run(`ALTER TABLE loose RENAME TO ${table}`)
}

const plant: Record<string, (db: Database) => string> = {
  noNonceIndex(db) {
    db.run('DROP INDEX IF EXISTS events_nonce')
    return `${KNOWN} AND 0`
  },
  seqFromMemory(db) {
    loosened(db, 'events')
    loosened(db, 'messages')
    db.run('UPDATE rooms SET seq = 0')
    return KNOWN
  },
}

let planted: string | undefined

const query = Database.prototype.query as (this: Database, sql: string) => ReturnType<Database['query']>
Object.assign(Database.prototype, {
  query(this: Database, sql: string) {
    return query.call(this, sql === KNOWN ? (planted ??= plant[mutant ?? '']?.(this) ?? sql) : sql)
  },
})
