/** A room's rows: by seq, mine that wait last. Rows are replaced, never mutated; what says the same stays `===`. */
import type { RoomEvent, User } from '../../shared/model.ts'
import type { Heard } from '../../shared/protocol.ts'
import { type OutboxEntry, type RoomState, type Row } from './state.ts'

/** What names a row before and after its ack. Others see my nonces, so a nonce alone is nobody's. */
export function keyOf(user: string, nonce: string): string {
  return `${user}:${nonce}`
}

export function rowOf(event: RoomEvent, me: string | null): Row {
  return {
    key: keyOf(event.user.id, event.nonce),
    seq: event.seq,
    id: event.id,
    user: event.user,
    nonce: event.nonce,
    at: event.at,
    text: event.gone ? null : event.text,
    ...(event.replyTo !== undefined && { replyTo: event.replyTo }),
    own: event.user.id === me,
    standing: { status: 'acked' },
  }
}

export function pendingRow(entry: OutboxEntry, user: User): Row {
  return {
    key: keyOf(entry.user, entry.nonce),
    seq: null,
    id: null,
    user,
    nonce: entry.nonce,
    at: entry.at,
    text: entry.text,
    ...(entry.replyTo !== undefined && { replyTo: entry.replyTo }),
    own: true,
    standing:
      entry.failed === undefined
        ? { status: 'queued', since: entry.at }
        : { status: 'failed', reason: entry.failed },
  }
}

function sameRow(one: Row, other: Row): boolean {
  return (
    one.seq === other.seq &&
    one.id === other.id &&
    one.at === other.at &&
    one.text === other.text &&
    one.replyTo === other.replyTo &&
    one.own === other.own &&
    one.user.name === other.user.name &&
    one.standing.status === other.standing.status
  )
}

/** Puts a row with a seq in its place; one of the same key gives way to it, also if it waited or had failed. */
export function withRow(rows: readonly Row[], row: Row): readonly Row[] {
  const { seq } = row
  if (seq === null) return rows
  const last = rows.at(-1)
  if (!row.own && (last === undefined || (last.seq !== null && last.seq < seq))) return [...rows, row]
  const known = rows.findIndex((other) => other.key === row.key)
  const before = rows[known]
  if (before !== undefined && sameRow(before, row)) return rows
  const others = before === undefined ? [...rows] : rows.toSpliced(known, 1)
  if (others.some((other) => other.seq === seq)) return others
  const place = others.findIndex((other) => other.seq === null || other.seq > seq)
  others.splice(place < 0 ? others.length : place, 0, row)
  return others
}

/** Mine that wait or failed: what survives when a room is forgotten. */
export function waitingRows(rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => row.seq === null)
}

/**
 * My message has its number. Beyond what is loaded it is drawn after it; a number below what is loaded (it was stored long
 * ago, its first ack lost) takes the row away: it stands up there, among the older ones.
 */
export function withAck(room: RoomState, me: string, ack: Heard<'ack'>): RoomState {
  const key = keyOf(me, ack.nonce)
  const row = room.rows.find((other) => other.key === key)
  const head = Math.max(room.head, ack.seq)
  if (row === undefined || row.seq !== null) return head === room.head ? room : { ...room, head }
  const first = room.rows.find((other) => other.seq !== null)?.seq ?? room.position.seq + 1
  const rows =
    ack.seq < first && ack.seq <= room.position.seq
      ? room.rows.filter((other) => other !== row)
      : withRow(room.rows, {
          ...row,
          seq: ack.seq,
          id: ack.id,
          at: ack.at,
          standing: { status: 'acked' },
        })
  return { ...room, head, rows }
}

/** A page of older messages above those loaded; one that is there already, also waiting, is not doubled. */
export function withOlder(
  room: RoomState,
  messages: readonly RoomEvent[],
  more: boolean,
  floor: number,
  me: string | null,
): RoomState {
  if (room.older !== 'loading') return room
  const edge = room.rows.find((row) => row.seq !== null)?.seq ?? room.position.seq + 1
  const fresh = messages
    .filter((message) => message.seq < edge && message.seq >= floor)
    .map((message) => rowOf(message, me))
    .sort((one, other) => (one.seq ?? 0) - (other.seq ?? 0))
  const keys = new Set(fresh.map((row) => row.key))
  const rows = [...fresh, ...room.rows.filter((row) => !keys.has(row.key))]
  return {
    ...room,
    floor: Math.max(room.floor, floor),
    rows,
    keep: Math.max(room.keep, rows.length + 1_000),
    // An empty page asked again would be empty again.
    older: more && fresh.length > 0 ? 'more' : 'none',
  }
}

/** No more rows than are kept: the oldest go, and can be loaded again. */
export function trimmed(room: RoomState): RoomState {
  if (room.rows.length <= room.keep) return room
  const rows = room.rows.filter((row, at) => at >= room.rows.length - room.keep || row.seq === null)
  return { ...room, rows, older: 'more' }
}

/** Below `floor` nothing is drawn. */
export function aboveFloor(room: RoomState, floor: number): RoomState {
  if (floor <= room.floor) return room
  const rows = room.rows.some((row) => row.seq !== null && row.seq < floor)
    ? room.rows.filter((row) => row.seq === null || row.seq >= floor)
    : room.rows
  const first = rows.find((row) => row.seq !== null)?.seq ?? null
  const older = first !== null && first <= floor && room.older !== 'loading' ? 'none' : room.older
  return { ...room, floor, rows, older }
}
