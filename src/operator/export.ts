import type { Database } from 'bun:sqlite'
import { openForReading } from '../store/sqlite/database.ts'
import { OperatorError } from '../lib/operatorError.ts'
import { refuseNewer } from '../store/sqlite/dataDirectory.ts'
import { SCHEMA, schemaOf } from '../store/sqlite/migrations.ts'
import type { ExportHeader } from './exportFormat.ts'
import { type Sink, stdout, writeWholeFile } from './streams.ts'
import { type Command, requireDatabase } from './command.ts'

export const command: Command = {
  usage: `Usage: hubbub export [--room ROOM] [FILE|-]

Writes people, rooms and messages as NDJSON, to stdout unless a FILE is named; beside a running server
or without one. No session, token or address is in it. The format is described in docs/operate.md.

  --room ROOM  only this room`,
  options: { room: { type: 'string' } },
  argument: 'optional',
  async run({ argument = '-', options, config }) {
    const { dataDir } = config()
    const room = typeof options.room === 'string' ? options.room : undefined
    const { users, rooms, events } =
      argument === '-'
        ? await exportTo(dataDir, stdout, room)
        : await writeWholeFile(argument, (sink) => exportTo(dataDir, sink, room))
    const say = `Wrote ${events} events of ${rooms} rooms and ${users} people.`
    return { say, json: { users, rooms, events }, streamed: argument === '-' }
  },
}

/** Characters gathered before they are written. */
const CHUNK = 64 * 1024

/**
 * Exports a directory, or one room of it, as of one moment, also while a server writes.
 * @throws OperatorError if there is no such database or room
 */
export async function exportTo(dir: string, sink: Sink, room?: string): Promise<ExportHeader> {
  requireDatabase(dir)
  const db = openForReading(dir)
  try {
    refuseNewer(dir, schemaOf(db), SCHEMA)
    if (schemaOf(db) < SCHEMA)
      throw new OperatorError(1, `The database in ${dir} is of an older version: run hubbub migrate first.`)
    db.run('BEGIN')
    const header = headerOf(db, room)
    let text = `${JSON.stringify(header)}\n`
    for (const line of linesOf(db, room)) {
      text += `${JSON.stringify(line)}\n`
      if (text.length < CHUNK) continue
      await sink.write(Buffer.from(text))
      text = ''
    }
    await sink.write(Buffer.from(text))
    return header
  } finally {
    db.close()
  }
}

/** The rows of an export: all, or those of one room with the people who wrote in it. */
const ROWS = {
  users: 'FROM users WHERE $room IS NULL OR id IN (SELECT user_id FROM events WHERE room = $room)',
  rooms: 'FROM rooms WHERE $room IS NULL OR room = $room',
  events: 'FROM events WHERE $room IS NULL OR room = $room',
} as const

function headerOf(db: Database, room: string | undefined): ExportHeader {
  const count = (rows: string) =>
    db
      .query<{ n: number }, [{ room: string | null }]>(`SELECT count(*) AS n ${rows}`)
      .get({ room: room ?? null })?.n ?? 0
  const rooms = count(ROWS.rooms)
  if (room !== undefined && rooms === 0) throw new OperatorError(1, `There is no room ${room}.`)
  return { type: 'hubbub', format: 1, users: count(ROWS.users), rooms, events: count(ROWS.events) }
}

interface ExportedRow {
  digest: Uint8Array | null
  data: string | null
}

/** Lines in the order and with the fields of `exportFormat`; the store has checked their content. */
function* linesOf(db: Database, room: string | undefined): Generator<object> {
  const params = { room: room ?? null }
  const rows = <R extends object>(sql: string) => db.query<R, [typeof params]>(sql).iterate(params)
  for (const row of rows(`SELECT 'user' AS type, id, name, role, at, seen ${ROWS.users} ORDER BY id`))
    yield row
  for (const row of rows(
    `SELECT 'room' AS type, room, name, topic, kind, seq AS head, floor, at ${ROWS.rooms} ORDER BY room`,
  ))
    yield row
  for (const { digest, data, ...row } of rows<ExportedRow>(
    `SELECT 'event' AS type, room, seq, id, kind, user_id AS user, name, nonce, at, target, digest, data
     ${ROWS.events} ORDER BY room, seq`,
  )) {
    // A deleted text leaves no digest either: the digest would confirm a guess.
    const content = data !== null && {
      ...(digest !== null && { digest: Buffer.from(digest).toString('base64') }),
      data: JSON.parse(data) as unknown,
    }
    yield withoutNulls({ ...row, ...content })
  }
}

const withoutNulls = (row: object) =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
