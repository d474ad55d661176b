/** A process on a disk that is too small: `fullDisk.ts <dir>`. Prints what SQLite did, before and after there was room. */
import { Database, SQLiteError } from 'bun:sqlite'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const dir = process.argv[2] ?? ''
const filler = join(dir, 'filler')
const db = new Database(join(dir, 'a.db'), { create: true, readwrite: true })
db.run('PRAGMA journal_mode = WAL')
db.run('PRAGMA synchronous = FULL')
db.run('CREATE TABLE a (b)')
const reader = new Database(join(dir, 'a.db'), { readonly: true })
const rows = () => reader.query<{ n: number }, []>('SELECT count(*) AS n FROM a').get()?.n ?? -1

function insert(): string {
  try {
    db.run('BEGIN IMMEDIATE')
    db.run('INSERT INTO a VALUES (randomblob(20000))')
    db.run('COMMIT')
    return 'ok'
  } catch (error) {
    if (db.inTransaction) db.run('ROLLBACK')
    if (error instanceof SQLiteError) return error.code ?? 'no code'
    throw error
  }
}

try {
  writeFileSync(filler, Buffer.alloc(700 * 1024))
} catch {
  // Under a limit on the size of files it is the database that grows into it.
}
let stored = 0
let trouble = insert()
for (; trouble === 'ok' && stored < 1_000; trouble = insert()) stored += 1
const during = rows() === stored
rmSync(filler, { force: true })
Bun.spawnSync(['prlimit', '--pid', String(process.pid), '--fsize=unlimited:unlimited'])
const after = insert()
const check = db.query<{ integrity_check: string }, []>('PRAGMA integrity_check').get()?.integrity_check
console.log(JSON.stringify({ trouble, during, after, rows: rows() === stored + 1, check }))
