import type { Database, Statement } from 'bun:sqlite'
import type { HistoryQuery, NewestMessages } from '../../../hub/ports.ts'
import { LIMITS } from '../../../shared/limits.ts'
import type { HistoryMessage, HistoryPage } from '../../../shared/model.ts'
import { MESSAGE, messageFromRow, type MessageRow, readEventId, readRoom } from './rows.ts'

/** How many ids one history query may name; those beyond are not looked at. */
const MAX_IDS = 50

/** Bytes of a page that are not its messages. */
const ENVELOPE = 128
const REACTIONS_KEY = ',"reactions":'.length
/** Bytes of a message as JSON, at most, besides those of its text: three of each UTF-16 unit. */
const MESSAGE_OVERHEAD = 1_024

type SeqRange = { room: string; from: number; to: number; limit: number }
type OwnReaction = { message: string; emoji: string }

/** Reads messages in their present state, with their reactions. */
export class HistoryReader {
  readonly #db: Database
  readonly #newestFirst: Statement<MessageRow, [SeqRange]>
  readonly #oldestFirst: Statement<MessageRow, [SeqRange]>
  readonly #withAnyReaction: Statement<{ message: string }, [string]>
  readonly #reactions: Statement<{ json: string }, [{ message: string; reader: string }]>
  readonly #reactionCounts: Statement<{ json: string }, [{ message: string }]>
  readonly #ownReactions: Statement<OwnReaction, [{ user: string; ids: string }]>
  readonly #page: (slug: string, query: HistoryQuery, reader?: string) => HistoryPage | null
  readonly #newest: (slug: string, limit: number) => NewestMessages | null

  constructor(db: Database) {
    this.#db = db
    // One bound on each side: of two lower ones SQLite seeks with one, and walks to the other.
    const range = `SELECT ${MESSAGE} FROM messages WHERE room = $room AND seq >= $from AND seq < $to ORDER BY seq`
    this.#newestFirst = db.query(`${range} DESC LIMIT $limit`)
    this.#oldestFirst = db.query(`${range} LIMIT $limit`)
    this.#withAnyReaction = db.query(`
      SELECT DISTINCT message FROM reaction_kinds WHERE message IN (SELECT value FROM json_each(?))`)
    // As JSON, which is made in the database: a page may have two thousand emoji.
    const kindsSql = (ownColumn: string) => `
      SELECT json_group_array(json_object('emoji', emoji, 'count', count, ${ownColumn} 'users', json((
        SELECT json_group_array(json_object('id', user_id, 'name', name)) FROM (
          SELECT user_id, name FROM reactions
          WHERE message = kinds.message AND emoji = kinds.emoji ORDER BY seq LIMIT ${LIMITS.emojiPeople})))) ORDER BY since) AS json
      FROM reaction_kinds AS kinds WHERE message = $message`
    this.#reactionCounts = db.query(kindsSql(''))
    this.#reactions = db.query(
      kindsSql(`'mine', json(iif(EXISTS (SELECT 1 FROM reactions
        WHERE message = kinds.message AND user_id = $reader AND emoji = kinds.emoji), 'true', 'false')),`),
    )
    this.#ownReactions = db.query(`
      SELECT message, emoji FROM reactions
      WHERE message IN (SELECT value FROM json_each($ids)) AND user_id = $user`)
    this.#page = db.transaction((slug, query, reader) => this.#readPage(slug, query, reader))
    this.#newest = db.transaction((slug, limit) => this.#readNewest(slug, limit))
  }

  /** In one transaction: what is written meanwhile is in neither the messages nor the head. */
  newest(slug: string, limit: number): NewestMessages | null {
    return this.#newest(slug, limit)
  }

  ownReactions(user: string, ids: readonly string[]): Map<string, string[]> {
    const emojiByMessage = new Map<string, string[]>()
    for (const { message, emoji } of this.#ownReactions.iterate({ user, ids: JSON.stringify(ids) }))
      emojiByMessage.set(message, [...(emojiByMessage.get(message) ?? []), emoji])
    return emojiByMessage
  }

  /** In one transaction, as `newest`. */
  page(slug: string, query: HistoryQuery, reader?: string): HistoryPage | null {
    return this.#page(slug, query, reader)
  }

  #readPage(slug: string, query: HistoryQuery, reader?: string): HistoryPage | null {
    const room = readRoom(this.#db, slug)
    if (room === null) return null
    const { head, floor } = room
    if (query.at === 'ids' || query.at === 'pinned') {
      const rows = query.at === 'ids' ? this.#byIds(slug, query.ids) : this.#pinned(slug, query.limit + 1)
      const { messages } = this.#withReactions(query.at === 'ids' ? rows : rows.slice(0, query.limit), {
        reader,
      })
      return { messages: messages.reverse(), head, floor, older: messages.length < rows.length, newer: false }
    }
    // The page has two sides: so many messages before `cut`, and so many from it on.
    const end = head + 1
    const cut = query.at === 'end' ? end : query.at === 'after' ? query.seq + 1 : query.seq
    const countBefore =
      query.at === 'after' ? 0 : query.at === 'around' ? Math.floor(query.limit / 2) : query.limit
    const countFrom = query.at === 'after' || query.at === 'around' ? query.limit - countBefore : 0
    const from = this.#oldestFirst.all({
      room: slug,
      from: Math.max(cut, floor),
      to: end,
      limit: countFrom + 1,
    })
    const before = this.#newestFirst.all({
      room: slug,
      from: floor,
      to: Math.min(cut, end),
      limit: countBefore + 1,
    })
    // Around a message each side gets half of the bytes; the older side also gets what the newer one leaves.
    const half = query.at === 'around' ? LIMITS.pageBytes / 2 : LIMITS.pageBytes
    const newer = this.#withReactions(from.slice(0, countFrom), { reader, maxBytes: half })
    const left = LIMITS.pageBytes - newer.bytes
    const older = this.#withReactions(before.slice(0, countBefore), {
      reader,
      maxBytes: left,
      min: newer.messages.length > 0 ? 0 : 1,
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
    const room = readRoom(this.#db, slug)
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
    const at = { seq: head, id: head === 0 ? null : readEventId(this.#db, slug, head) }
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
   * Messages of rows, in their order, with their reactions: as many as fit into `maxBytes` of JSON, but at least `min`.
   * Without a reader the reactions do not say which are the reader's own.
   */
  #withReactions(
    rows: readonly MessageRow[],
    options: { reader?: string | undefined; maxBytes?: number; min?: number } = {},
  ): { messages: HistoryMessage[]; bytes: number } {
    const { reader, maxBytes = LIMITS.pageBytes, min = 1 } = options
    const ids = rows.map(({ id }) => id)
    const reacted = new Set(this.#withAnyReaction.all(JSON.stringify(ids)).map(({ message }) => message))
    const atMost = rows.reduce((sum, { text }) => sum + MESSAGE_OVERHEAD + 3 * (text?.length ?? 0), 0)
    // Nearly every page is far from the limit: writing each row as JSON to know its size costs as much as reading it.
    if (reacted.size === 0 && atMost <= maxBytes - ENVELOPE)
      return { messages: rows.map(messageFromRow), bytes: atMost }
    const messages: HistoryMessage[] = []
    let bytes = 0
    for (const row of rows) {
      const { id } = row
      const found = !reacted.has(id)
        ? null
        : reader === undefined
          ? this.#reactionCounts.get({ message: id })
          : this.#reactions.get({ message: id, reader })
      const message = messageFromRow(row)
      const size =
        Buffer.byteLength(JSON.stringify(message)) +
        ','.length +
        (found ? Buffer.byteLength(found.json) + REACTIONS_KEY : 0)
      if (messages.length >= min && bytes + size > maxBytes - ENVELOPE) break
      messages.push(found ? ({ ...message, reactions: JSON.parse(found.json) } as HistoryMessage) : message)
      bytes += size
    }
    return { messages, bytes }
  }
}
