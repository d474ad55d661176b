import type { Database, Statement } from 'bun:sqlite'
import { ROOM_SLUG } from '../shared/roomPath.ts'
import { LIMITS } from '../shared/limits.ts'
import { foldedName } from '../shared/mentions.ts'
import { checkpoint, openForWriting, type SqlValues } from '../store/sqlite/database.ts'
import { OperatorError } from '../lib/operatorError.ts'
import { createPrivateFile, databaseIn } from '../store/sqlite/dataDirectory.ts'
import {
  type ExportedEvent,
  type ExportedRoom,
  type ExportedUser,
  type ExportHeader,
  parseLine,
} from './exportFormat.ts'
import { lockDirectory } from '../store/sqlite/lock.ts'
import { rebuildMessages } from '../store/sqlite/rebuildMessages.ts'
import type { Command } from './command.ts'
import { readFrom } from './streams.ts'

export const command: Command = {
  usage: `Usage: hubbub import [--rooms-as PREFIX] FILE|-

Imports all of an export, or nothing. Stop the server first. Ids, numbers and times stay the same.
People pick their names again, as no session is in an export.

  --rooms-as PREFIX  put PREFIX before each room's name, so that a server with rooms of its own can import`,
  options: { 'rooms-as': { type: 'string' } },
  argument: 'needed',
  async run({ argument = '-', options, config }) {
    const prefix = options['rooms-as'] ?? ''
    if (typeof prefix !== 'string' || !/^[a-z0-9-]{0,20}$/.test(prefix))
      throw new OperatorError(2, '--rooms-as takes up to 20 of a-z, 0-9 and -.')
    const json = await importFrom(config().dataDir, readFrom(argument), prefix)
    return { say: `Imported ${json.events} events of ${json.rooms} rooms and ${json.users} people.`, json }
  },
}

/** Characters; no line of an export comes near it. */
const MAX_LINE = 1024 * 1024

type ImportCounts = Pick<ExportHeader, 'users' | 'rooms' | 'events'>

/**
 * Imports all of an export, or nothing, into a directory that no server uses. Ids, sequence numbers and times stay.
 * @param prefix goes before every room's slug and name, so that a server with rooms of its own can import
 * @throws OperatorError: 1 not a whole export, or the server is not empty · 3 in use
 */
export async function importFrom(
  dir: string,
  source: AsyncIterable<Uint8Array>,
  prefix = '',
): Promise<ImportCounts> {
  using _lock = lockDirectory(dir)
  createPrivateFile(databaseIn(dir))
  using db = openForWriting(dir).db
  db.run('BEGIN IMMEDIATE')
  const importer = new Importer(db, prefix)
  for await (const text of linesIn(source)) importer.addLine(text)
  const counts = importer.finish()
  db.run('COMMIT')
  checkpoint(db)
  return counts
}

async function* linesIn(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  try {
    for await (const piece of source) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MAX_LINE) throw notAnExport('a line is too long')
      yield* lines
    }
    rest += decoder.decode()
  } catch (error) {
    if (error instanceof TypeError) throw notAnExport('it is not UTF-8')
    throw error
  }
  if (rest !== '') throw notAnExport('its last line has no end')
}

function notAnExport(reason: string): OperatorError {
  return new OperatorError(1, `This is no whole export of Hubbub: ${reason}. Nothing was changed.`)
}

/** Inserts one line after the other and checks that each follows from those before. */
class Importer {
  readonly #db: Database
  readonly #prefix: string
  readonly #insertEvent: Statement<null, [SqlValues]>
  readonly #rooms = new Map<string, { head: number; seq: number }>()
  #header: ExportHeader | null = null
  #lines = 0
  #users = 0
  #events = 0

  constructor(db: Database, prefix: string) {
    this.#db = db
    this.#prefix = prefix
    const hasContent =
      this.#exists('SELECT 1 FROM users UNION ALL SELECT 1 FROM events') ||
      this.#exists(`SELECT 1 FROM rooms WHERE room IS NOT 'lobby'`)
    if (hasContent && prefix === '')
      throw new OperatorError(
        1,
        'This server has people or rooms of its own. Import into an empty DATA_DIR, or name the rooms anew with --rooms-as PREFIX.',
      )
    this.#insertEvent = db.query(`
      INSERT INTO events (room, seq, id, kind, user_id, name, nonce, digest, at, target, data)
      VALUES ($room, $seq, $id, $kind, $user, $name, $nonce, $digest, $at, $target, $data)`)
  }

  addLine(text: string): void {
    this.#lines += 1
    const parsed = parseLine(text)
    if ('fault' in parsed) {
      if (this.#lines === 1 && parsed.fault === 'format') throw notAnExport('it is of another format')
      throw this.#malformed(parsed.fault)
    }
    const { line } = parsed
    if ((this.#lines === 1) !== (line.type === 'hubbub'))
      throw this.#malformed('a header stands first, and once')
    // prettier-ignore
    switch (line.type) {
      case 'hubbub': this.#header = line; return
      case 'user': return this.#addUser(line)
      case 'room': return this.#addRoom(line)
      case 'event': return this.#addEvent(line)
    }
  }

  finish(): ImportCounts {
    const header = this.#header
    if (header === null) throw notAnExport('it is empty')
    const rooms = [...this.#rooms.values()]
    const isWhole =
      header.users === this.#users &&
      header.rooms === rooms.length &&
      header.events === this.#events &&
      rooms.every(({ head, seq }) => head === seq)
    if (!isWhole) throw notAnExport('it ends too early')
    try {
      rebuildMessages(this.#db, [...this.#rooms.keys()])
    } catch (error) {
      if (isConstraint(error)) throw notAnExport('two of its messages have the same id')
      throw error
    }
    const kinds = 'SELECT message FROM reactions GROUP BY message HAVING count(DISTINCT emoji) > $max'
    if (this.#exists(kinds, { max: LIMITS.emojiKinds }))
      throw notAnExport('a message has too many kinds of emoji')
    return { users: this.#users, rooms: rooms.length, events: this.#events }
  }

  #addUser({ id, name, role, at, seen }: ExportedUser): void {
    this.#users += 1
    this.#run(
      `INSERT INTO users (id, name, folded, role, at, seen) VALUES ($id, $name, $folded, $role, $at, $seen)
       ON CONFLICT DO NOTHING`,
      { id, name, folded: foldedName(name), role, at, seen },
    )
  }

  #addRoom({ room, name, topic, kind, head, floor, at }: ExportedRoom): void {
    const slug = this.#prefix + room
    if (floor > head + 1) throw this.#malformed('floor')
    if (this.#rooms.has(slug)) throw this.#malformed('room')
    // Without a prefix the only room is the lobby of a first start, which is replaced.
    const isTaken = this.#prefix !== '' && this.#exists('SELECT 1 FROM rooms WHERE room = $slug', { slug })
    if (!ROOM_SLUG.test(slug) || isTaken)
      throw new OperatorError(
        1,
        `There can be no room ${slug} here: choose another prefix. Nothing was changed.`,
      )
    this.#rooms.set(slug, { head, seq: 0 })
    this.#run(
      `INSERT OR REPLACE INTO rooms (room, name, topic, kind, seq, floor, at)
       VALUES ($slug, $name, $topic, $kind, $head, $floor, $at)`,
      { slug, name: this.#prefix + name, topic, kind, head, floor, at },
    )
  }

  #addEvent(line: ExportedEvent): void {
    const { seq, id, kind, at, data } = line
    const slug = this.#prefix + line.room
    const room = this.#rooms.get(slug)
    if (room === undefined || seq !== room.seq + 1 || seq > room.head)
      throw this.#malformed('it is not the next of its room')
    room.seq = seq
    this.#events += 1
    const nonce = 'nonce' in line ? line.nonce : null
    try {
      this.#insertEvent.run({
        room: slug,
        seq,
        id,
        kind,
        user: 'user' in line ? line.user : null,
        name: 'name' in line ? line.name : null,
        nonce,
        digest: nonce === null ? null : digestOf(line),
        at,
        target: 'target' in line ? line.target : null,
        data: data === undefined ? null : JSON.stringify(data),
      })
    } catch (error) {
      if (isConstraint(error))
        throw new OperatorError(
          1,
          `Line ${this.#lines} is here already: was this imported before? Nothing was changed.`,
        )
      throw error
    }
  }

  #malformed(fault: string): OperatorError {
    return notAnExport(`line ${this.#lines} is malformed (${fault})`)
  }

  #exists(sql: string, values: SqlValues = {}): boolean {
    return this.#db.query<unknown, [SqlValues]>(`SELECT 1 FROM (${sql}) LIMIT 1`).get(values) !== null
  }

  #run(sql: string, values: SqlValues): void {
    this.#db.query<null, [SqlValues]>(sql).run(values)
  }
}

/** A deleted text keeps no digest, whatever the file says: the digest would confirm a guess (S70). */
function digestOf(line: ExportedEvent): Uint8Array {
  const digest = line.data !== undefined && 'digest' in line ? line.digest : undefined
  return Buffer.from(digest ?? '', 'base64')
}

function isConstraint(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_CONSTRAINT')
}
