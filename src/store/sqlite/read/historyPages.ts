import type { Database } from 'bun:sqlite'
import type { HistoryQuery, NewestMessages, RoomRow } from '../../../hub/ports.ts'
import { LIMITS } from '../../../shared/limits.ts'
import type { HistoryMessage, HistoryPage } from '../../../shared/model.ts'
import { queryOne, type SqlValues } from '../database.ts'
import { MESSAGE, messageFromRow, type MessageRow, readEventId, readRoom } from './rows.ts'

/** Ids that one history query may have; later ones are ignored. */
const MAX_IDS = 50
/** Bytes of a page without its messages. */
const ENVELOPE = 128

/**
 * What ends a page: numbers of messages, of messages with text, and bytes of JSON. `min`: the first messages, up to this
 * number, are taken whatever their bytes.
 */
interface PageLimits {
  rows: number
  texts?: number
  bytes?: number
  min?: number
}

interface TakenRows {
  messages: HistoryMessage[]
  bytes: number
  /** a limit left out further messages */
  isMore: boolean
}

// SQLite makes the JSON of the reactions: a page may have 2,000 of them.
const messagesSql = (ownColumn: string) => `
  SELECT ${MESSAGE}, nullif((
    SELECT json_group_array(json_object('emoji', emoji, 'count', count, ${ownColumn} 'users', json((
      SELECT json_group_array(json_object('id', user_id, 'name', name)) FROM (
        SELECT user_id, name FROM reactions
        WHERE message = kinds.message AND emoji = kinds.emoji ORDER BY seq LIMIT ${LIMITS.emojiPeople})))) ORDER BY since)
    FROM reaction_kinds AS kinds WHERE message = messages.id), '[]') AS reactions
  FROM messages`
const MESSAGES = messagesSql('')
const MESSAGES_FOR_READER = messagesSql(`'mine', json(iif(EXISTS (SELECT 1 FROM reactions
  WHERE message = kinds.message AND user_id = $reader AND emoji = kinds.emoji), 'true', 'false')),`)

// One bound on each side: given two lower bounds SQLite seeks to one of them and walks to the other.
const IN_RANGE = 'WHERE room = $room AND seq >= $from AND seq < $to ORDER BY seq'
// Without the index SQLite walks the whole room backwards.
const PINNED = 'INDEXED BY messages_pinned WHERE room = $room AND pinned = 1 ORDER BY seq DESC'
const BY_IDS = `WHERE id IN (SELECT value FROM json_each($ids)) AND +room = $room AND seq >= $floor ORDER BY seq DESC`

/** The newest messages of a room. In the caller's transaction, as all functions here. */
export function readNewest(db: Database, slug: string, limit: number): NewestMessages | null {
  const room = readRoom(db, slug)
  if (room === null) return null
  const { head, floor } = room
  const rows = queryRows(db, `${MESSAGES} ${IN_RANGE} DESC`, { room: slug, from: floor, to: head + 1 })
  const { messages, isMore } = takePage(rows, { rows: LIMITS.firstRows, texts: limit })
  const at = { seq: head, id: readEventId(db, slug, head) }
  return { at, floor, messages: messages.reverse(), older: isMore }
}

/** A page of a room's messages; the reactions say which are `reader`'s own, if there is a reader. */
export function readPage(
  db: Database,
  slug: string,
  asked: HistoryQuery,
  reader?: string,
): HistoryPage | null {
  const room = readRoom(db, slug)
  if (room === null) return null
  const { head, floor } = room
  const query =
    asked.at === 'time' ? { ...asked, at: 'around' as const, seq: firstSince(db, room, asked.time) } : asked
  const rows = (where: string, values: SqlValues = {}) =>
    reader === undefined
      ? queryRows(db, `${MESSAGES} ${where}`, { room: slug, ...values })
      : queryRows(db, `${MESSAGES_FOR_READER} ${where}`, { room: slug, reader, ...values })
  const { at, limit } = query
  if (at === 'ids' || at === 'pinned') {
    const ids = at === 'ids' ? JSON.stringify(query.ids.slice(0, MAX_IDS)) : ''
    const named = at === 'ids' ? rows(BY_IDS, { ids, floor }) : rows(PINNED)
    const { messages, isMore } = takePage(named, { rows: at === 'ids' ? MAX_IDS : limit })
    return { messages: messages.reverse(), head, floor, older: isMore, newer: false }
  }
  // The page has two sides: messages before `cut`, and messages from it on.
  const end = head + 1
  const cut = at === 'end' ? end : at === 'after' ? query.seq + 1 : query.seq
  const olderRows = at === 'after' ? 0 : at === 'around' ? Math.floor(limit / 2) : limit
  const newerRows = at === 'after' || at === 'around' ? limit - olderRows : 0
  // Around a message each side gets half of the bytes; the older side also gets what the newer one leaves.
  const newer = takePage(rows(IN_RANGE, { from: Math.max(cut, floor), to: end }), {
    rows: newerRows,
    bytes: at === 'around' ? LIMITS.pageBytes / 2 : LIMITS.pageBytes,
  })
  const older = takePage(rows(`${IN_RANGE} DESC`, { from: floor, to: Math.min(cut, end) }), {
    rows: olderRows,
    bytes: LIMITS.pageBytes - newer.bytes,
    min: newer.messages.length > 0 ? 0 : 1,
  })
  const messages = [...older.messages.reverse(), ...newer.messages]
  return { messages, head, floor, older: older.isMore, newer: newer.isMore }
}

/** The seq of the first message since `time`. Times grow with seq, so a few look-ups by seq find it without an index by time. */
function firstSince(db: Database, { room, floor, head }: RoomRow, time: number): number {
  const sql = 'SELECT seq, at FROM messages WHERE room = $room AND seq >= $from ORDER BY seq LIMIT 1'
  let [low, high] = [floor, head + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const next = queryOne<{ seq: number; at: number }>(db, sql, { room, from: middle })
    if (next === null || next.at >= time) high = middle
    else low = next.seq + 1
  }
  return low
}

function queryRows(db: Database, sql: string, values: SqlValues): Iterable<MessageRow> {
  return db.query<MessageRow, [SqlValues]>(sql).iterate(values)
}

/** Takes messages in the order of their rows until a limit is reached. */
function takePage(
  rows: Iterable<MessageRow>,
  { rows: maxRows, texts: maxTexts = Infinity, bytes: maxBytes = LIMITS.pageBytes, min = 1 }: PageLimits,
): TakenRows {
  const messages: HistoryMessage[] = []
  let texts = 0
  let bytes = 0
  for (const row of rows) {
    const message = messageFromRow(row)
    const size = Buffer.byteLength(JSON.stringify(message)) + ','.length
    const isTooLarge = messages.length >= min && bytes + size > maxBytes - ENVELOPE
    if (messages.length >= maxRows || texts >= maxTexts || isTooLarge)
      return { messages, bytes, isMore: true }
    messages.push(message)
    bytes += size
    if (row.text !== null) texts += 1
  }
  return { messages, bytes, isMore: false }
}
