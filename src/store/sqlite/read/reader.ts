import type { Database, Statement } from 'bun:sqlite'
import type {
  HistoryQuery,
  Membership,
  NewestMessages,
  OwnEvent,
  RoomRow,
  SessionRow,
  Stale,
} from '../../../hub/ports.ts'
import { LIMITS } from '../../../shared/limits.ts'
import type { HistoryPage, Role, RoomEvent, User } from '../../../shared/model.ts'
import { mentionsName } from '../../../shared/text.ts'
import { NameOwners } from '../nameOwners.ts'
import { HistoryReader } from './historyReader.ts'
import { EVENT, eventFromRow, type EventRow, readEventId, readRoom, ROOM } from './rows.ts'

type UnreadResult = { unread: number; mentions: number; head: number }
type UnreadRow = { unread: number; texts: string; head: number | null }
/** The half of `Store` that reads: prepared, synchronous, on a connection that cannot write. */
export class Reader {
  readonly #history: HistoryReader
  readonly #db: Database
  readonly #nameOwners: NameOwners
  readonly #events: Statement<EventRow, [string, number, number]>
  readonly #unread: Statement<UnreadRow, [{ room: string; after: number; user: string; mark: string }]>

  constructor(db: Database) {
    this.#db = db
    this.#history = new HistoryReader(db)
    this.#nameOwners = new NameOwners(db)
    this.#events = db.query(`SELECT ${EVENT} FROM events WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?`)
    // Texts that cannot mention this person stay in the database: there may be a thousand.
    this.#unread = db.query(`
      SELECT count(*) AS unread, json_group_array(text) FILTER (WHERE instr(text, '@') AND ($mark = '@' OR instr(lower(text), $mark))) AS texts,
        (SELECT seq FROM rooms WHERE room = $room) AS head
      FROM (SELECT text FROM messages
        WHERE room = $room AND seq > $after AND user_id IS NOT $user AND kind = 'message' AND text IS NOT NULL
        ORDER BY seq DESC LIMIT ${LIMITS.unread})`)
  }

  events(room: string, after: number, limit: number): RoomEvent[] {
    const page: RoomEvent[] = []
    let bytes = '[]'.length
    for (const row of this.#events.iterate(room, after, limit)) {
      const event = eventFromRow(row)
      bytes += Buffer.byteLength(JSON.stringify(event)) + (page.length > 0 ? ','.length : 0)
      if (page.length > 0 && bytes > LIMITS.pageBytes) break
      page.push(event)
    }
    return page
  }

  eventsOf(user: string, after: OwnEvent | null, limit: number): OwnEvent[] {
    // By the index of the nonces alone. Two questions: one that asks for both would walk from its beginning.
    const nextEvents = (where: string, max: number) =>
      this.#db
        .query<OwnEvent, [Record<string, string | number | null>]>(
          `SELECT nonce, room, seq FROM events WHERE user_id = $user AND ${where} LIMIT $max`,
        )
        .all({ user, nonce: after?.nonce ?? '', room: after?.room ?? '', seq: after?.seq ?? 0, max })
    const without =
      (after?.nonce ?? null) === null
        ? nextEvents('nonce IS NULL AND (room, seq) > ($room, $seq) ORDER BY room, seq', limit)
        : []
    return [...without, ...nextEvents('nonce > $nonce ORDER BY nonce', limit - without.length)]
  }

  idAt(room: string, seq: number): string | null {
    return readEventId(this.#db, room, seq)
  }

  newest(room: string, limit: number): NewestMessages | null {
    return this.#history.newest(room, limit)
  }

  mine(user: string, ids: readonly string[]): Map<string, string[]> {
    return this.#history.ownReactions(user, ids)
  }

  history(room: string, query: HistoryQuery, reader?: string): HistoryPage | null {
    return this.#history.page(room, query, reader)
  }

  room(room: string): RoomRow | null {
    return readRoom(this.#db, room)
  }

  roomsBySlug(rooms: readonly string[]): RoomRow[] {
    const sql = `SELECT ${ROOM} FROM rooms WHERE room IN (SELECT value FROM json_each(?)) ORDER BY room`
    return this.#db.query<RoomRow, [string]>(sql).all(JSON.stringify(rooms))
  }

  roomsAfter(room: string, limit: number, but: readonly string[] = []): RoomRow[] {
    const sql = `SELECT ${ROOM} FROM rooms
      WHERE room > $room AND room NOT IN (SELECT value FROM json_each($but)) ORDER BY room LIMIT $limit`
    return this.#db
      .query<RoomRow, [{ room: string; limit: number; but: string }]>(sql)
      .all({ room, limit, but: JSON.stringify(but) })
  }

  roomNames(): [room: string, name: string][] {
    return this.#db.query<never, []>('SELECT room, name FROM rooms').values() as [string, string][]
  }

  anyRoomLargerThan(rooms: readonly string[], members: number): boolean {
    // Of a large room no more members are counted than are asked about.
    const sql = `SELECT 1 FROM json_each($rooms) AS rooms WHERE (
      SELECT count(*) FROM (SELECT 1 FROM members WHERE room = rooms.value LIMIT $members + 1)) > $members LIMIT 1`
    const query = this.#db.query<{ 1: 1 }, [{ rooms: string; members: number }]>(sql)
    return query.get({ rooms: JSON.stringify(rooms), members }) !== null
  }

  countRooms(): number {
    return this.#db.query<{ n: number }, []>('SELECT count(*) AS n FROM rooms').get()?.n ?? 0
  }

  heads(rooms: readonly string[]): Map<string, number> {
    const sql = 'SELECT room, seq FROM rooms WHERE room IN (SELECT value FROM json_each(?))'
    const rows = this.#db.query<{ room: string; seq: number }, [string]>(sql).all(JSON.stringify(rooms))
    return new Map(rows.map(({ room, seq }) => [room, seq]))
  }

  memberships(user: string): Membership[] {
    const sql = 'SELECT room, role, read_seq AS readSeq FROM members WHERE user_id = ? ORDER BY room'
    return this.#db.query<Membership, [string]>(sql).all(user)
  }

  membership(user: string, room: string): Membership | null {
    const sql = 'SELECT room, role, read_seq AS readSeq FROM members WHERE user_id = ? AND room = ?'
    return this.#db.query<Membership, [string, string]>(sql).get(user, room)
  }

  /** In one statement: what is written meanwhile changes neither the counts nor the head. */
  unread(room: string, user: User, after: number): UnreadResult {
    const found = this.#unread.get({ room, after, user: user.id, mark: mentionPrefixOf(user.name) })
    const texts = JSON.parse(found?.texts ?? '[]') as string[]
    const mentions = texts.filter((text) => mentionsName(text, user.name)).length
    return { unread: found?.unread ?? 0, mentions, head: found?.head ?? 0 }
  }

  nameTaken(keys: readonly string[], at: number, stale: Stale, user?: string): boolean {
    return this.#nameOwners.ownersOf(keys, at, stale, user).some(({ released }) => !released)
  }

  session(hash: string): SessionRow | null {
    const sql = `SELECT users.id, users.name, users.role, sessions.seen
      FROM sessions JOIN users ON users.id = sessions.user_id WHERE sessions.hash = ?`
    const row = this.#db
      .query<{ id: string; name: string; role: Role; seen: number }, [string]>(sql)
      .get(hash)
    if (row === null) return null
    const { id, name, role, seen } = row
    return { user: { id, name, role }, seen }
  }
}

/**
 * How a mention of this name begins, as far as SQLite lowers it as JavaScript does: up to the first letter beyond ASCII, or
 * one (i, k) that letters beyond ASCII are lowered to.
 */
function mentionPrefixOf(name: string): string {
  return `@${/^[\x20-hjl-~]*/.exec(name.toLowerCase())?.[0] ?? ''}`
}
