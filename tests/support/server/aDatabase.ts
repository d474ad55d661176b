import { Database } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openForWriting } from '../../../src/store/sqlite/database.ts'
import { createDirectory, createPrivateFile, databaseIn } from '../../../src/store/sqlite/dataDirectory.ts'
import { Writer } from '../../../src/store/sqlite/write/writer.ts'

/** Opens the database of a new data directory, and its writer. */
export function aWriter(dir: string): { db: Database; writer: Writer } {
  createDirectory(dir)
  createPrivateFile(databaseIn(dir))
  const { db } = openForWriting(dir)
  return { db, writer: new Writer(db) }
}

/** Adds messages to a room, past the writer. @returns the room's head after them */
export function tell(db: Database, room: string, count: number, sameText?: string): number {
  return db
    .transaction(() => {
      const seq =
        db.query<{ seq: number }, [string]>('SELECT seq FROM rooms WHERE room = ?').get(room)?.seq ?? 0
      for (let at = seq + 1; at <= seq + count; at++) {
        const text = sameText ?? `message ${at} in ${room} `.repeat(4)
        const id = `${Buffer.from(room).toString('hex')}-${at}`
        const values = { room, seq: at, id, nonce: `nonce-${id}`, at: 1_700_000_000_000 + at }
        db.query(
          `INSERT INTO events (room, seq, id, kind, user_id, name, nonce, digest, at, data)
           VALUES ($room, $seq, $id, 'message', '0a', 'Ada', $nonce, x'00', $at, $data)`,
        ).run({ ...values, data: JSON.stringify({ text }) })
        db.query(
          `INSERT INTO messages (room, seq, id, kind, user_id, name, nonce, at, text)
           VALUES ($room, $seq, $id, 'message', '0a', 'Ada', $nonce, $at, $text)`,
        ).run({ ...values, text })
      }
      db.query('UPDATE rooms SET seq = ? WHERE room = ?').run(seq + count, room)
      return seq + count
    })
    .immediate()
}

/** Makes a data directory whose lobby has this many messages. */
export function aDatabase(dir: string, messages: number): void {
  createDirectory(dir)
  if (!existsSync(databaseIn(dir))) createPrivateFile(databaseIn(dir))
  const { db } = openForWriting(dir)
  db.run(`INSERT INTO users (id, name, at, seen) VALUES ('0a', 'Ada', 1, 2) ON CONFLICT DO NOTHING`)
  tell(db, 'lobby', messages)
  db.close()
}

/** Every stored event of a directory, room by room. */
export function logOf(dir: string): { room: string; seq: number; nonce: string; data: string }[] {
  const db = new Database(join(dir, 'hubbub.db'), { readonly: true })
  try {
    return db
      .query<{ room: string; seq: number; nonce: string; data: string }, []>(
        'SELECT * FROM events ORDER BY room, seq',
      )
      .all()
  } finally {
    db.close()
  }
}
