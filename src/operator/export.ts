import type { Database } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { openForReading } from '../store/sqlite/database.ts'
import { OperatorError } from '../lib/operatorError.ts'
import { databaseIn, refuseNewer } from '../store/sqlite/dataDirectory.ts'
import { SCHEMA, schemaOf } from '../store/sqlite/migrations.ts'

/**
 * What leaves one server and enters another, one JSON object a line: the header, then users, rooms and events, each in
 * its order. No session, token or address is in it, and nobody's name is held by it: who comes back picks it anew.
 */
export type ExportLine = ExportHeader | UserLine | RoomLine | EventLine

/** The counts let a file that was cut be noticed. */
export interface ExportHeader {
  type: 'hubbub'
  format: 1
  users: number
  rooms: number
  events: number
}
export interface UserLine {
  type: 'user'
  id: string
  name: string
  role: string
  at: number
  seen: number
}
export interface RoomLine {
  type: 'room'
  room: string
  name: string
  topic: string
  kind: string
  head: number
  floor: number
  at: number
}
/** A row of the log. Without `data` its content is gone. `digest` tells a nonce sent again from another's. */
export interface EventLine {
  type: 'event'
  room: string
  seq: number
  id: string
  kind: string
  user?: string
  name?: string
  nonce?: string
  at: number
  target?: string
  digest?: string
  data?: Record<string, unknown>
}

interface ExportRow {
  room: string
  seq: number
  id: string
  kind: string
  user_id: string | null
  name: string | null
  nonce: string | null
  digest: Uint8Array | null
  at: number
  target: string | null
  data: string | null
}

/** Bytes gathered before they are handed on. */
const CHUNK = 64 * 1024

/**
 * Everything of a directory, or of one room of it, as of one moment, also beside a server that writes.
 * @throws OperatorError if there is no such database or room
 */
export async function exportTo(
  dir: string,
  sink: { write(bytes: Uint8Array): Promise<void> },
  room?: string,
): Promise<ExportHeader> {
  if (!existsSync(databaseIn(dir))) throw new OperatorError(1, `There is no database in ${dir} to export.`)
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

/** Of one room: it, what was said there, and who said it. */
const OF_ROOM = {
  users: 'WHERE $room IS NULL OR id IN (SELECT user_id FROM events WHERE room = $room)',
  rooms: 'WHERE $room IS NULL OR room = $room',
  events: 'WHERE $room IS NULL OR room = $room',
} as const

function headerOf(db: Database, room: string | undefined): ExportHeader {
  const count = (table: keyof typeof OF_ROOM) =>
    db
      .query<{ n: number }, [{ room: string | null }]>(`SELECT count(*) AS n FROM ${table} ${OF_ROOM[table]}`)
      .get({ room: room ?? null })?.n ?? 0
  const rooms = count('rooms')
  if (room !== undefined && rooms === 0) throw new OperatorError(1, `There is no room ${room}.`)
  return { type: 'hubbub', format: 1, users: count('users'), rooms, events: count('events') }
}

function* linesOf(db: Database, room: string | undefined): Generator<ExportLine> {
  const params = { room: room ?? null }
  const rows = <R>(sql: string) => db.query<R, [typeof params]>(sql).iterate(params)
  for (const row of rows<Omit<UserLine, 'type'>>(
    `SELECT id, name, role, at, seen FROM users ${OF_ROOM.users} ORDER BY id`,
  ))
    yield { type: 'user', ...row }
  for (const row of rows<Omit<RoomLine, 'type'>>(
    `SELECT room, name, topic, kind, seq AS head, floor, at FROM rooms ${OF_ROOM.rooms} ORDER BY room`,
  ))
    yield { type: 'room', ...row }
  for (const row of rows<ExportRow>(`SELECT * FROM events ${OF_ROOM.events} ORDER BY room, seq`))
    yield eventLine(row)
}

function eventLine({
  room,
  seq,
  id,
  kind,
  user_id,
  name,
  nonce,
  digest,
  at,
  target,
  data,
}: ExportRow): EventLine {
  return {
    type: 'event',
    room,
    seq,
    id,
    kind,
    ...(user_id !== null && { user: user_id }),
    ...(name !== null && { name }),
    ...(nonce !== null && { nonce }),
    at,
    ...(target !== null && { target }),
    // of what is gone not even this stays: it would tell who guesses right
    ...(data !== null && digest !== null && { digest: Buffer.from(digest).toString('base64') }),
    ...(data !== null && { data: JSON.parse(data) as Record<string, unknown> }),
  }
}
