import type { Database } from 'bun:sqlite'
import type { RoomRow } from '../../../hub/ports.ts'
import type { HistoryMessage, RoomEvent } from '../../../shared/model.ts'
import { queryOne } from '../database.ts'
import { mentionsFrom, parseMentions } from '../mentions.ts'

/** Columns of both `events` and `messages`. */
interface EventKeys {
  kind: string
  seq: number
  id: string
  user_id: string | null
  name: string | null
  nonce: string | null
  at: number
}
export interface EventRow extends EventKeys {
  target: string | null
  data: string | null
}
export interface MessageRow extends EventKeys {
  reply_to: string | null
  text: string | null
  /** as JSON; null if there are none */
  mentions: string | null
  edited_at: number | null
  pinned: 0 | 1
  /** as JSON; null if there are none */
  reactions: string | null
}

/** What to select for each kind of row. */
export const EVENT = 'kind, seq, id, user_id, name, nonce, at, target, data'
export const MESSAGE = 'kind, seq, id, user_id, name, nonce, at, reply_to, text, mentions, edited_at, pinned'
export const ROOM = 'room, name, topic, kind, seq AS head, floor'

export function readRoom(db: Database, room: string): RoomRow | null {
  return queryOne<RoomRow>(db, `SELECT ${ROOM} FROM rooms WHERE room = $room`, { room })
}

export function readEventId(db: Database, room: string, seq: number): string | null {
  const sql = 'SELECT id FROM events WHERE room = $room AND seq = $seq'
  return queryOne<{ id: string }>(db, sql, { room, seq })?.id ?? null
}

const GONE = { gone: true } as const

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

/** The cast holds because the writer and an import add only rows of these kinds. */
export function eventFromRow(row: EventRow): RoomEvent {
  const entry = { ...keysFromRow(row), ...(row.target !== null && { target: row.target }) }
  return { ...entry, ...contentFromRow(row) } as RoomEvent
}

/** Reads field by field, so other fields of `data` never reach a client or replace a key of the event (K71). */
function contentFromRow({ kind, data }: EventRow): object {
  if (data === null) return GONE
  const { text, replyTo, by, emoji, on, count, ...more } = JSON.parse(data) as Record<string, unknown>
  const mentions = kind === 'message' || kind === 'edit' ? mentionsFrom(more['mentions']) : undefined
  const mentioned = mentions !== undefined && { mentions }
  switch (kind) {
    case 'message':
      if (typeof text !== 'string') return GONE
      return { text, ...(typeof replyTo === 'string' && { replyTo }), ...mentioned }
    case 'edit':
    case 'topic':
    case 'notice':
      return typeof text === 'string' ? { text, ...mentioned } : GONE
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

export function messageFromRow(row: MessageRow): HistoryMessage {
  const { text, reply_to, mentions, edited_at, pinned, reactions } = row
  return {
    ...keysFromRow(row),
    ...(text === null ? { gone: true } : { text }),
    ...(text !== null && reply_to !== null && { replyTo: reply_to }),
    ...(mentions !== null && { mentions: parseMentions(mentions) }),
    ...(edited_at !== null && { edited: edited_at }),
    ...(pinned === 1 && { pinned: true }),
    ...(reactions !== null && { reactions: JSON.parse(reactions) as unknown }),
  } as HistoryMessage
}
