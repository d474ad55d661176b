import type { Database, Statement } from 'bun:sqlite'
import type {
  HistoryQuery,
  Membership,
  NewestMessages,
  OwnEvent,
  RoomRow,
  SessionRow,
  Stale,
  Tally,
} from '../../../hub/ports.ts'
import { LIMITS } from '../../../shared/limits.ts'
import type { HistoryMessage, HistoryPage, Role, RoomEvent, User } from '../../../shared/model.ts'
import { mentionsName } from '../../../shared/text.ts'
import { NameOwners } from '../nameOwners.ts'

const GONE = { gone: true } as const
/** How many ids one history query may name; those beyond are not looked at. */
const MAX_IDS = 50

/** What rows of `events` and of `messages` have alike. */
interface EventKeys {
  kind: string
  seq: number
  id: string
  user_id: string | null
  name: string | null
  nonce: string | null
  at: number
}
type OwnReaction = { message: string; emoji: string }
type UnreadResult = { unread: number; mentions: number; head: number }
type UnreadRow = { unread: number; texts: string; head: number | null }
interface EventRow extends EventKeys {
  target: string | null
  data: string | null
}
interface MessageRow extends EventKeys {
  reply_to: string | null
  text: string | null
  edited_at: number | null
  pinned: 0 | 1
}

/** Bytes of a page that are not its messages. */
const ENVELOPE = 128
const REACTIONS_KEY = ',"reactions":'.length
/** Bytes of a message as JSON, at most, besides those of its text: three of each UTF-16 unit. */
const MESSAGE_OVERHEAD = 1_024

const EVENT = 'kind, seq, id, user_id, name, nonce, at, target, data'
const MESSAGE = 'kind, seq, id, user_id, name, nonce, at, reply_to, text, edited_at, pinned'
const ROOM = 'room, name, topic, kind, seq AS head, floor'

type SeqRange = { room: string; from: number; to: number; limit: number }

/** The half of `Store` that reads: prepared, synchronous, on a connection that cannot write. */
export class Reader {
  readonly #db: Database
  readonly #nameOwners: NameOwners
  readonly #events: Statement<EventRow, [string, number, number]>
  readonly #newestFirst: Statement<MessageRow, [SeqRange]>
  readonly #oldestFirst: Statement<MessageRow, [SeqRange]>
  readonly #unread: Statement<UnreadRow, [{ room: string; after: number; user: string; mark: string }]>
  readonly #authors: Statement<never, [string, number]>
  readonly #tally: (room: string, after: number) => Tally
  readonly #withAnyReaction: Statement<{ message: string }, [string]>
  readonly #reactions: Statement<{ json: string }, [{ message: string; reader: string }]>
  readonly #reactionCounts: Statement<{ json: string }, [{ message: string }]>
  readonly #mine: Statement<OwnReaction, [{ user: string; ids: string }]>
  readonly #history: (slug: string, query: HistoryQuery, reader?: string) => HistoryPage | null
  readonly #newest: (slug: string, limit: number) => NewestMessages | null

  constructor(db: Database) {
    this.#db = db
    this.#nameOwners = new NameOwners(db)
    this.#events = db.query(`SELECT ${EVENT} FROM events WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?`)
    // One bound on each side: of two lower ones SQLite seeks with one, and walks to the other.
    const range = `SELECT ${MESSAGE} FROM messages WHERE room = $room AND seq >= $from AND seq < $to ORDER BY seq`
    this.#newestFirst = db.query(`${range} DESC LIMIT $limit`)
    this.#oldestFirst = db.query(`${range} LIMIT $limit`)
    // What cannot mention this person does not leave the database: it may be ten thousand texts.
    this.#unread = db.query(`
      SELECT count(*) AS unread, json_group_array(text) FILTER (WHERE instr(text, '@') AND ($mark = '@' OR instr(lower(text), $mark))) AS texts,
        (SELECT seq FROM rooms WHERE room = $room) AS head
      FROM (SELECT text FROM messages
        WHERE room = $room AND seq > $after AND user_id IS NOT $user AND kind = 'message' AND text IS NOT NULL
        ORDER BY seq DESC LIMIT ${LIMITS.unread})`)
    this.#authors = db.query(`
      SELECT seq, user_id, iif(instr(text, '@'), text, NULL) FROM messages
      WHERE room = ? AND seq > ? AND kind = 'message' AND text IS NOT NULL
      ORDER BY seq DESC LIMIT ${LIMITS.unread}`)
    this.#tally = db.transaction((room, after) => this.#readTally(room, after))
    this.#withAnyReaction = db.query(`
      SELECT DISTINCT message FROM reaction_kinds WHERE message IN (SELECT value FROM json_each(?))`)
    // As JSON, which is made in the database: a page may have two thousand emoji.
    const kinds = (mine: string) => `
      SELECT json_group_array(json_object('emoji', emoji, 'count', count, ${mine} 'users', json((
        SELECT json_group_array(json_object('id', user_id, 'name', name)) FROM (
          SELECT user_id, name FROM reactions
          WHERE message = kinds.message AND emoji = kinds.emoji ORDER BY seq LIMIT ${LIMITS.emojiPeople})))) ORDER BY since) AS json
      FROM reaction_kinds AS kinds WHERE message = $message`
    this.#reactionCounts = db.query(kinds(''))
    this.#reactions = db.query(
      kinds(`'mine', json(iif(EXISTS (SELECT 1 FROM reactions
        WHERE message = kinds.message AND user_id = $reader AND emoji = kinds.emoji), 'true', 'false')),`),
    )
    this.#mine = db.query(`
      SELECT message, emoji FROM reactions
      WHERE message IN (SELECT value FROM json_each($ids)) AND user_id = $user`)
    this.#history = db.transaction((slug, query, reader) => this.#readHistory(slug, query, reader))
    this.#newest = db.transaction((slug, limit) => this.#readNewest(slug, limit))
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
    const behind = (where: string, most: number) =>
      this.#db
        .query<OwnEvent, [Record<string, string | number | null>]>(
          `SELECT nonce, room, seq FROM events WHERE user_id = $user AND ${where} LIMIT $most`,
        )
        .all({ user, nonce: after?.nonce ?? '', room: after?.room ?? '', seq: after?.seq ?? 0, most })
    const without =
      (after?.nonce ?? null) === null
        ? behind('nonce IS NULL AND (room, seq) > ($room, $seq) ORDER BY room, seq', limit)
        : []
    return [...without, ...behind('nonce > $nonce ORDER BY nonce', limit - without.length)]
  }

  idAt(room: string, seq: number): string | null {
    const sql = 'SELECT id FROM events WHERE room = ? AND seq = ?'
    return this.#db.query<{ id: string }, [string, number]>(sql).get(room, seq)?.id ?? null
  }

  /** Of one moment: what is written meanwhile is in neither the messages nor the head. */
  newest(slug: string, limit: number): NewestMessages | null {
    return this.#newest(slug, limit)
  }

  mine(user: string, ids: readonly string[]): Map<string, string[]> {
    const mine = new Map<string, string[]>()
    for (const { message, emoji } of this.#mine.iterate({ user, ids: JSON.stringify(ids) }))
      mine.set(message, [...(mine.get(message) ?? []), emoji])
    return mine
  }

  /** Of one moment, as `newest`. */
  history(slug: string, query: HistoryQuery, reader?: string): HistoryPage | null {
    return this.#history(slug, query, reader)
  }

  room(room: string): RoomRow | null {
    return this.#db.query<RoomRow, [string]>(`SELECT ${ROOM} FROM rooms WHERE room = ?`).get(room)
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

  /** Of one moment, as `newest`. */
  unread(room: string, user: User, after: number): UnreadResult {
    const found = this.#unread.get({ room, after, user: user.id, mark: mentionPrefixOf(user.name) })
    const texts = JSON.parse(found?.texts ?? '[]') as string[]
    const mentions = texts.filter((text) => mentionsName(text, user.name)).length
    return { unread: found?.unread ?? 0, mentions, head: found?.head ?? 0 }
  }

  /** Of one moment, as `newest`. */
  tally(room: string, after: number): Tally {
    return this.#tally(room, after)
  }

  nameTaken(keys: readonly string[], at: number, stale: Stale, user?: string): boolean {
    return this.#nameOwners.ownersOf(keys, at, stale, user).some((holder) => !holder.released)
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

  #readTally(room: string, after: number): Tally {
    const messages = this.#authors.values(room, after) as [number, string | null, string | null][]
    const from = messages.length < LIMITS.unread ? after : (messages.at(-1)?.[0] ?? 0) - 1
    return { head: this.room(room)?.head ?? 0, from, messages }
  }

  #readHistory(slug: string, query: HistoryQuery, reader?: string): HistoryPage | null {
    const room = this.room(slug)
    if (room === null) return null
    const { head, floor } = room
    if (query.at === 'ids' || query.at === 'pinned') {
      const rows = query.at === 'ids' ? this.#byIds(slug, query.ids) : this.#pinned(slug, query.limit + 1)
      const { messages } = this.#withReactions(query.at === 'ids' ? rows : rows.slice(0, query.limit), {
        reader,
      })
      return { messages: messages.reverse(), head, floor, older: messages.length < rows.length, newer: false }
    }
    // Where the page is cut in two: so many messages before it, so many from it on.
    const end = head + 1
    const cut = query.at === 'end' ? end : query.at === 'after' ? query.seq + 1 : query.seq
    const back = query.at === 'after' ? 0 : query.at === 'around' ? Math.floor(query.limit / 2) : query.limit
    const on = query.at === 'after' || query.at === 'around' ? query.limit - back : 0
    const from = this.#oldestFirst.all({ room: slug, from: Math.max(cut, floor), to: end, limit: on + 1 })
    const before = this.#newestFirst.all({ room: slug, from: floor, to: Math.min(cut, end), limit: back + 1 })
    // Around a message each side gets half of the bytes; the older side also gets what the newer one leaves.
    const half = query.at === 'around' ? LIMITS.pageBytes / 2 : LIMITS.pageBytes
    const newer = this.#withReactions(from.slice(0, on), { reader, most: half })
    const left = LIMITS.pageBytes - newer.bytes
    const older = this.#withReactions(before.slice(0, back), {
      reader,
      most: left,
      least: newer.messages.length > 0 ? 0 : 1,
    })
    const messages = [...older.messages.reverse(), ...newer.messages]
    return {
      messages,
      head,
      floor,
      older: before.length > older.messages.length,
      newer: from.length > newer.messages.length,
    }
  }

  #readNewest(slug: string, limit: number): NewestMessages | null {
    const room = this.room(slug)
    if (room === null) return null
    const { head, floor } = room
    const rows: MessageRow[] = []
    let texts = 0
    let isMore = false
    const all = { room: slug, from: floor, to: head + 1, limit: LIMITS.firstRows + 1 }
    for (const row of this.#newestFirst.iterate(all)) {
      isMore = texts === limit || rows.length === LIMITS.firstRows
      if (isMore) break
      rows.push(row)
      if (row.text !== null) texts += 1
    }
    const { messages } = this.#withReactions(rows)
    const at = { seq: head, id: head === 0 ? null : this.idAt(slug, head) }
    return { at, floor, messages: messages.reverse(), older: isMore || messages.length < rows.length }
  }

  #pinned(room: string, limit: number): MessageRow[] {
    // Left to itself SQLite walks the whole room backwards.
    const sql = `SELECT ${MESSAGE} FROM messages INDEXED BY messages_pinned
      WHERE room = ? AND pinned = 1 ORDER BY seq DESC LIMIT ?`
    return this.#db.query<MessageRow, [string, number]>(sql).all(room, limit)
  }

  #byIds(room: string, ids: readonly string[]): MessageRow[] {
    const wanted = JSON.stringify(ids.slice(0, MAX_IDS))
    // prettier-ignore
    return this.#db.query<MessageRow, [{ room: string; ids: string }]>(`
      SELECT ${MESSAGE} FROM messages
      WHERE id IN (SELECT value FROM json_each($ids)) AND +room = $room
        AND seq >= (SELECT floor FROM rooms WHERE room = $room)
      ORDER BY seq DESC`)
      .all({ room, ids: wanted })
  }

  /**
   * Rows as history tells them, with who reacted to them, in their order: as many as fit into `most` bytes of JSON, but
   * `least`. Without a reader nothing is told of what is theirs.
   */
  #withReactions(
    rows: readonly MessageRow[],
    how: { reader?: string | undefined; most?: number; least?: number } = {},
  ): { messages: HistoryMessage[]; bytes: number } {
    const { reader, most = LIMITS.pageBytes, least = 1 } = how
    const ids = rows.map(({ id }) => id)
    const reacted = new Set(this.#withAnyReaction.all(JSON.stringify(ids)).map(({ message }) => message))
    const atMost = rows.reduce((sum, { text }) => sum + MESSAGE_OVERHEAD + 3 * (text?.length ?? 0), 0)
    // Nearly every page is far from the limit: writing each row as JSON to know its size costs as much as reading it.
    if (reacted.size === 0 && atMost <= most - ENVELOPE)
      return { messages: rows.map(messageFromRow), bytes: atMost }
    const messages: HistoryMessage[] = []
    let bytes = 0
    for (const row of rows) {
      const { id: message } = row
      const found = !reacted.has(message)
        ? null
        : reader === undefined
          ? this.#reactionCounts.get({ message })
          : this.#reactions.get({ message, reader })
      const told = messageFromRow(row)
      const size =
        Buffer.byteLength(JSON.stringify(told)) +
        ','.length +
        (found ? Buffer.byteLength(found.json) + REACTIONS_KEY : 0)
      if (messages.length >= least && bytes + size > most - ENVELOPE) break
      messages.push(found ? ({ ...told, reactions: JSON.parse(found.json) } as HistoryMessage) : told)
      bytes += size
    }
    return { messages, bytes }
  }
}

function keysFromRow({ kind, seq, id, at, user_id, name, nonce }: EventKeys) {
  return {
    kind,
    seq,
    id,
    at,
    ...(user_id !== null && { user: { id: user_id, name: name ?? '' } }),
    ...(nonce !== null && { nonce }),
  }
}

/** The writer alone makes rows, each of one of the kinds. */
function eventFromRow(row: EventRow): RoomEvent {
  const entry = { ...keysFromRow(row), ...(row.target !== null && { target: row.target }) }
  return { ...entry, ...contentFromRow(row) } as RoomEvent
}

/** Field by field: what else stands in a row is not told, and never in the place of a key of it. */
function contentFromRow({ kind, data }: EventRow): object {
  if (data === null) return GONE
  const { text, replyTo, by, emoji, on, count } = JSON.parse(data) as Record<string, unknown>
  switch (kind) {
    case 'message':
      if (typeof text !== 'string') return GONE
      return typeof replyTo === 'string' ? { text, replyTo } : { text }
    case 'edit':
    case 'topic':
    case 'notice':
      return typeof text === 'string' ? { text } : GONE
    case 'delete':
      return { by: by === 'moderator' ? by : 'author' }
    case 'react':
      return typeof emoji === 'string' ? { emoji, on: on === true, count: Number(count) || 0 } : GONE
    case 'pin':
      return { on: on === true }
    default:
      return {}
  }
}

function messageFromRow(row: MessageRow): HistoryMessage {
  const { text, reply_to, edited_at, pinned } = row
  return {
    ...keysFromRow(row),
    ...(text === null ? { gone: true } : { text }),
    ...(text !== null && reply_to !== null && { replyTo: reply_to }),
    ...(edited_at !== null && { edited: edited_at }),
    ...(pinned === 1 && { pinned: true }),
  } as HistoryMessage
}

/**
 * How a mention of this name begins, as far as SQLite lowers it as JavaScript does: up to the first letter beyond ASCII, or
 * one (i, k) that letters beyond ASCII are lowered to.
 */
function mentionPrefixOf(name: string): string {
  return `@${/^[\x20-hjl-~]*/.exec(name.toLowerCase())?.[0] ?? ''}`
}
