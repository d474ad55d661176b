import type { Database } from 'bun:sqlite'
import type {
  HistoryQuery,
  Membership,
  NameKeys,
  NewestMessages,
  OwnEvent,
  RoomRow,
  SessionRow,
  StaleLimits,
  UnreadAtHead,
} from '../../../hub/ports.ts'
import { LIMITS } from '../../../shared/limits.ts'
import type { HistoryPage, RoomEvent, Self, User } from '../../../shared/model.ts'
import { queryAll, queryOne, type SqlValues } from '../database.ts'
import { nameOwnersOf } from '../nameOwners.ts'
import { readNewest, readPage } from './historyPages.ts'
import { EVENT, eventFromRow, type EventRow, readEventId, readRoom, ROOM } from './rows.ts'

type OwnReaction = { message: string; emoji: string }

const MEMBERSHIP = 'SELECT room, role, read_seq AS readSeq FROM members WHERE user_id = $user'

const RECEIVED = "room = $room AND user_id IS NOT $user AND kind = 'message' AND text IS NOT NULL"
// This aggregate takes 6 µs; over a subquery with a LIMIT it took 60, so the oldest message to count has its own query.
const UNREAD = `
  SELECT count(*) AS unread,
    (SELECT count(*) FROM mentions WHERE user_id = $user AND room = $room AND seq > $after) AS mentions
  FROM messages WHERE ${RECEIVED} AND seq > $after`
const OLDEST_COUNTED = `
  SELECT seq FROM messages WHERE ${RECEIVED} ORDER BY seq DESC LIMIT 1 OFFSET ${LIMITS.unread - 1}`

// A join, since `IN` copies the names into a table first, which takes as long again. Every room is public, so
// that all who wrote in it can be mentioned.
const NAMED = `
  SELECT folded, users.id, name,
    EXISTS (SELECT 1 FROM members WHERE user_id = users.id AND room = $room) AS isMember
  FROM json_each($names) CROSS JOIN users ON folded = value
  WHERE (isMember OR EXISTS (SELECT 1 FROM authors WHERE user_id = users.id AND room = $room))
  ORDER BY isMember DESC, seen DESC`

/** The half of `Store` that reads; its contract stands in `hub/ports.ts`. Synchronous. */
export class Reader {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  events(room: string, after: number, limit: number): RoomEvent[] {
    const sql = `SELECT ${EVENT} FROM events WHERE room = $room AND seq > $after ORDER BY seq LIMIT $limit`
    const page: RoomEvent[] = []
    let bytes = '[]'.length
    for (const row of this.#db.query<EventRow, [SqlValues]>(sql).iterate({ room, after, limit })) {
      const event = eventFromRow(row)
      bytes += Buffer.byteLength(JSON.stringify(event)) + ','.length
      if (page.length > 0 && bytes > LIMITS.pageBytes) break
      page.push(event)
    }
    return page
  }

  eventsOf(user: string, after: OwnEvent | null, limit: number): OwnEvent[] {
    // Two queries, each by the index of nonces: SQLite would walk one combined query from the beginning.
    const { nonce, room, seq } = after ?? { nonce: null, room: '', seq: 0 }
    const nextEvents = (where: string, max: number) =>
      queryAll<OwnEvent>(
        this.#db,
        `SELECT nonce, room, seq FROM events WHERE user_id = $user AND ${where} LIMIT $max`,
        { user, nonce: nonce ?? '', room, seq, max },
      )
    const withoutNonce =
      nonce === null
        ? nextEvents('nonce IS NULL AND (room, seq) > ($room, $seq) ORDER BY room, seq', limit)
        : []
    return [...withoutNonce, ...nextEvents('nonce > $nonce ORDER BY nonce', limit - withoutNonce.length)]
  }

  idAt(room: string, seq: number): string | null {
    return readEventId(this.#db, room, seq)
  }

  newest(room: string, limit: number): NewestMessages | null {
    return this.#db.transaction(() => readNewest(this.#db, room, limit))()
  }

  mine(user: string, ids: readonly string[]): Map<string, string[]> {
    const sql = `SELECT message, emoji FROM reactions
      WHERE message IN (SELECT value FROM json_each($ids)) AND user_id = $user`
    const own = new Map<string, string[]>()
    for (const { message, emoji } of queryAll<OwnReaction>(this.#db, sql, { user, ids: JSON.stringify(ids) }))
      own.set(message, [...(own.get(message) ?? []), emoji])
    return own
  }

  history(room: string, query: HistoryQuery, reader?: string): HistoryPage | null {
    return this.#db.transaction(() => readPage(this.#db, room, query, reader))()
  }

  room(room: string): RoomRow | null {
    return readRoom(this.#db, room)
  }

  roomsBySlug(rooms: readonly string[]): RoomRow[] {
    const sql = `SELECT ${ROOM} FROM rooms WHERE room IN (SELECT value FROM json_each($rooms)) ORDER BY room`
    return queryAll(this.#db, sql, { rooms: JSON.stringify(rooms) })
  }

  roomsAfter(room: string, limit: number, except: readonly string[] = []): RoomRow[] {
    const sql = `SELECT ${ROOM} FROM rooms
      WHERE room > $room AND room NOT IN (SELECT value FROM json_each($except)) ORDER BY room LIMIT $limit`
    return queryAll(this.#db, sql, { room, limit, except: JSON.stringify(except) })
  }

  roomNames(): [room: string, name: string][] {
    return this.#db.query('SELECT room, name FROM rooms').values() as [string, string][]
  }

  anyRoomLargerThan(rooms: readonly string[], members: number): boolean {
    // The inner LIMIT keeps a large room from being counted to its end.
    const sql = `SELECT 1 FROM json_each($rooms) AS rooms WHERE (
      SELECT count(*) FROM (SELECT 1 FROM members WHERE room = rooms.value LIMIT $members + 1)) > $members LIMIT 1`
    return queryOne(this.#db, sql, { rooms: JSON.stringify(rooms), members }) !== null
  }

  /** When somebody last visited or wrote, ms; null if nobody has. */
  newestTime(): number | null {
    const sql = `SELECT max(at) AS at FROM (SELECT max(seen) AS at FROM users
      UNION ALL SELECT max(events.at) FROM rooms JOIN events USING (room, seq))`
    return queryOne<{ at: number | null }>(this.#db, sql)?.at ?? null
  }

  countRooms(): number {
    return queryOne<{ n: number }>(this.#db, 'SELECT count(*) AS n FROM rooms')?.n ?? 0
  }

  heads(rooms: readonly string[]): Map<string, number> {
    return new Map(this.roomsBySlug(rooms).map(({ room, head }) => [room, head]))
  }

  memberships(user: string): Membership[] {
    return queryAll(this.#db, `${MEMBERSHIP} ORDER BY room`, { user })
  }

  membership(user: string, room: string): Membership | null {
    return queryOne(this.#db, `${MEMBERSHIP} AND room = $room`, { user, room })
  }

  unread(room: string, user: string, after: number): UnreadAtHead {
    const { head, floor } = this.room(room) ?? { head: 0, floor: 1 }
    const isFar = head - after > LIMITS.unread
    const oldest = isFar ? queryOne<{ seq: number }>(this.#db, OLDEST_COUNTED, { room, user }) : null
    const from = Math.max(after, floor - 1, (oldest?.seq ?? 0) - 1)
    const found = queryOne<Omit<UnreadAtHead, 'head'>>(this.#db, UNREAD, { room, user, after: from })
    return { unread: found?.unread ?? 0, mentions: found?.mentions ?? 0, head }
  }

  named(room: string, names: readonly string[]): Map<string, User[]> {
    const values = { room, names: JSON.stringify(names) }
    const people = new Map<string, User[]>()
    for (const { folded, id, name } of queryAll<User & { folded: string }>(this.#db, NAMED, values)) {
      const alike = people.get(folded)
      if (alike === undefined) people.set(folded, [{ id, name }])
      else alike.push({ id, name })
    }
    return people
  }

  nameTaken(keys: NameKeys, at: number, stale: StaleLimits, user?: string): boolean {
    return nameOwnersOf(this.#db, keys, at, stale, user).some(({ isStale }) => !isStale)
  }

  session(hash: string): SessionRow | null {
    const sql = `SELECT users.id, users.name, users.role, sessions.seen
      FROM sessions JOIN users ON users.id = sessions.user_id WHERE sessions.hash = $hash`
    const row = queryOne<Self & { seen: number }>(this.#db, sql, { hash })
    if (row === null) return null
    const { seen, ...user } = row
    return { user, seen }
  }
}
