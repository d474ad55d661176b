import type { Database, Statement } from 'bun:sqlite'
import { ROOM_SLUG } from '../shared/names.ts'
import { LIMITS } from '../shared/limits.ts'
import { checkpoint, openForWriting, type SqlValues } from '../store/sqlite/database.ts'
import { removeStaleFolders } from '../store/sqlite/temporaryFolder.ts'
import { OperatorError } from '../lib/operatorError.ts'
import {
  createDirectory,
  createPrivateFile,
  databaseIn,
  asOperatorError,
} from '../store/sqlite/dataDirectory.ts'
import {
  type ImportedEvent,
  type ImportedHeader,
  parseLine,
  type ImportedRoom,
  type ImportedUser,
} from './exportLines.ts'
import { takeLock } from '../store/sqlite/lock.ts'
import { rebuildMessages } from '../store/sqlite/rebuildMessages.ts'

/** No line of an export comes near it. */
const MAX_LINE = 1024 * 1024

export interface ImportCounts {
  users: number
  rooms: number
  events: number
}

/**
 * Brings an export into a directory that no server uses: all of it, or nothing. Ids, numbers and times stay.
 * @param prefix goes before every room's slug and name, so that a server with rooms of its own can take it
 * @throws OperatorError: 1 it is no whole export, or the server is not empty · 3 in use
 */
export async function importFrom(
  dir: string,
  source: AsyncIterable<Uint8Array>,
  prefix = '',
): Promise<ImportCounts> {
  const lock = lockForImport(dir)
  try {
    const { db } = openForWriting(dir)
    try {
      db.run('BEGIN IMMEDIATE')
      const importer = new Importer(db, prefix)
      let number = 0
      for await (const text of linesIn(source)) {
        number += 1
        importer.addLine(text, number)
      }
      const counts = importer.finish()
      db.run('COMMIT')
      checkpoint(db)
      return counts
    } finally {
      db.close()
    }
  } finally {
    lock.release()
  }
}

function lockForImport(dir: string) {
  try {
    createDirectory(dir)
    const lock = takeLock(dir)
    createPrivateFile(databaseIn(dir))
    removeStaleFolders(dir)
    return lock
  } catch (error) {
    throw asOperatorError(dir, error)
  }
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

function notAnExport(what: string): OperatorError {
  return new OperatorError(1, `This is no whole export of Hubbub: ${what}. Nothing was changed.`)
}

const malformed = (number: number, fault: string) => notAnExport(`line ${number} is malformed (${fault})`)

/** Takes one line after the other and checks that each follows from those before. */
class Importer {
  readonly #db: Database
  readonly #prefix: string
  readonly #hasContent: boolean
  readonly #addEvent: Statement<null, [SqlValues]>
  readonly #rooms = new Map<string, { head: number; seq: number }>()
  #header: ImportedHeader | null = null
  #users = 0
  #events = 0

  constructor(db: Database, prefix: string) {
    this.#db = db
    this.#prefix = prefix
    this.#hasContent =
      this.#exists('SELECT 1 FROM users UNION ALL SELECT 1 FROM events') ||
      this.#exists(`SELECT 1 FROM rooms WHERE room IS NOT 'lobby'`)
    if (this.#hasContent && prefix === '')
      throw new OperatorError(
        1,
        'This server has people or rooms of its own. Import into an empty DATA_DIR, or name the rooms anew with --rooms-as PREFIX.',
      )
    this.#addEvent = db.query(`
      INSERT INTO events (room, seq, id, kind, user_id, name, nonce, digest, at, target, data)
      VALUES ($room, $seq, $id, $kind, $user, $name, $nonce, $digest, $at, $target, $data)`)
  }

  /** @param number of the line, from 1 */
  addLine(text: string, number: number): void {
    const found = parseLine(text)
    if ('fault' in found) {
      if (number === 1 && found.fault === 'format') throw notAnExport('it is of another format')
      throw malformed(number, found.fault)
    }
    const { line } = found
    if ((number === 1) !== (line.type === 'hubbub'))
      throw malformed(number, 'a header stands first, and once')
    // prettier-ignore
    switch (line.type) {
      case 'hubbub': this.#header = line; return
      case 'user': return this.#user(line)
      case 'room': return this.#room(line, number)
      case 'event': return this.#event(line, number)
    }
  }

  finish(): ImportCounts {
    const header = this.#header
    const counts = { users: this.#users, rooms: this.#rooms.size, events: this.#events }
    if (header === null) throw notAnExport('it is empty')
    const whole = [...this.#rooms.values()].every(({ head, seq }) => head === seq)
    if (
      header.users !== counts.users ||
      header.rooms !== counts.rooms ||
      header.events !== counts.events ||
      !whole
    )
      throw notAnExport('it ends too early')
    try {
      rebuildMessages(this.#db, [...this.#rooms.keys()])
    } catch (error) {
      if (isConstraint(error)) throw notAnExport('two of its messages have the same id')
      throw error
    }
    const kinds = 'SELECT message FROM reactions GROUP BY message HAVING count(DISTINCT emoji) > $most'
    if (this.#exists(kinds, { most: LIMITS.emojiKinds }))
      throw notAnExport('a message has too many kinds of emoji')
    return counts
  }

  #user({ id, name, role, at, seen }: ImportedUser): void {
    this.#users += 1
    this.#run(
      `INSERT INTO users (id, name, role, at, seen) VALUES ($id, $name, $role, $at, $seen) ON CONFLICT DO NOTHING`,
      { id, name, role, at, seen },
    )
  }

  #room({ room, name, topic, kind, head, floor, at }: ImportedRoom, number: number): void {
    const slug = this.#prefix + room
    if (floor > head + 1) throw malformed(number, 'floor')
    if (this.#rooms.has(slug)) throw malformed(number, 'room')
    if (
      !ROOM_SLUG.test(slug) ||
      (this.#hasContent && this.#exists('SELECT 1 FROM rooms WHERE room = $slug', { slug }))
    )
      throw new OperatorError(
        1,
        `There can be no room ${slug} here: choose another prefix. Nothing was changed.`,
      )
    this.#rooms.set(slug, { head, seq: 0 })
    this.#run(
      `INSERT INTO rooms (room, name, topic, kind, seq, floor, at)
       VALUES ($slug, $name, $topic, $kind, $head, $floor, $at)
       ON CONFLICT (room) DO UPDATE SET name = $name, topic = $topic, kind = $kind, seq = $head, floor = $floor, at = $at`,
      { slug, name: this.#prefix + name, topic, kind, head, floor, at },
    )
  }

  #event(line: ImportedEvent, number: number): void {
    const { seq, id, kind, at, data } = line
    const slug = this.#prefix + line.room
    const room = this.#rooms.get(slug)
    if (room === undefined || seq !== room.seq + 1 || seq > room.head)
      throw malformed(number, 'it is not the next of its room')
    room.seq = seq
    this.#events += 1
    const nonce = 'nonce' in line ? line.nonce : null
    try {
      this.#addEvent.run({
        room: slug,
        seq,
        id,
        kind,
        user: 'user' in line ? line.user : null,
        name: 'name' in line ? line.name : null,
        nonce,
        digest: nonce === null ? null : digestToKeep(line),
        at,
        target: 'target' in line ? line.target : null,
        data: data === undefined ? null : JSON.stringify(data),
      })
    } catch (error) {
      if (isConstraint(error))
        throw new OperatorError(
          1,
          `Line ${number} is here already: was this imported before? Nothing was changed.`,
        )
      throw error
    }
  }

  #exists(sql: string, values: SqlValues = {}): boolean {
    return this.#db.query<unknown, [SqlValues]>(`SELECT 1 FROM (${sql}) LIMIT 1`).get(values) !== null
  }

  #run(sql: string, values: SqlValues): void {
    this.#db.query<null, [SqlValues]>(sql).run(values)
  }
}

/** Of what is gone none, whatever the file has: a digest tells who guesses right (S70). */
function digestToKeep(line: ImportedEvent): Uint8Array {
  const digest = line.data !== undefined && 'digest' in line ? line.digest : undefined
  return Buffer.from(digest ?? '', 'base64')
}

function isConstraint(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_CONSTRAINT')
}
