/** A room's rows: by seq, mine that wait last. Rows are replaced, never mutated; what says the same stays `===`. */
import { LIMITS } from '../../shared/limits.ts'
import type { Change, HistoryMessage, Reaction, ReactionCount, User } from '../../shared/model.ts'
import type { Heard } from '../../shared/protocol.ts'
import type { PendingChange, OutboxEntry, RoomState, Row, SendStatus } from './state.ts'

/** Names a row before and after its ack. Others see my nonces and may copy them, so the user is part of the key. */
export function keyOf(user: string, nonce: string): string {
  return `${user}:${nonce}`
}

const NONE: readonly Reaction[] = []

/** @param trueAt the seq up to which this is true */
export function rowOf(message: HistoryMessage, me: string | null, trueAt = message.seq): Row {
  const { kind, seq, id, at, user = { id: '', name: '' }, nonce = '', replyTo } = message
  return {
    key: keyOf(user.id, nonce || id),
    kind,
    seq,
    id,
    user,
    nonce,
    at,
    text: message.text ?? null,
    ...(replyTo !== undefined && { replyTo }),
    edited: message.edited ?? null,
    pinned: message.pinned ?? false,
    reactions: message.reactions ?? NONE,
    own: user.id === me,
    sendStatus: { status: 'acked' },
    trueAt,
  }
}

/** A message of a page that is the same for everybody, with the emoji that I show there. */
export function withOwnReactions(
  { reactions, ...message }: HistoryMessage<ReactionCount>,
  emoji: readonly string[] = [],
): HistoryMessage {
  if (reactions === undefined) return message as HistoryMessage
  const own = reactions.map((reaction) => ({ ...reaction, mine: emoji.includes(reaction.emoji) }))
  return { ...message, reactions: own } as HistoryMessage
}

/** The room with a message of mine that waits, below all others; one that is there already stays `===`. */
export function addPendingRow(
  room: RoomState,
  entry: OutboxEntry & { kind: 'message' },
  user: User,
): RoomState {
  const { nonce, at, text, replyTo } = entry
  const key = keyOf(entry.user, nonce)
  if (room.rows.some((row) => row.key === key)) return room
  const row: Row = {
    key,
    kind: 'message',
    seq: null,
    id: null,
    user,
    nonce,
    at,
    text,
    ...(replyTo !== undefined && { replyTo }),
    edited: null,
    pinned: false,
    reactions: NONE,
    own: true,
    sendStatus: initialSendStatus(entry),
    trueAt: 0,
  }
  return { ...room, rows: [...room.rows, row] }
}

export function initialSendStatus({ failed, at }: OutboxEntry): SendStatus {
  return failed === undefined ? { status: 'queued', since: at } : { status: 'failed', reason: failed }
}

/** The row after a change that names it. What it was true for already, or what has no text any more, stays `===`. */
export function applyChange(row: Row, change: Change, me: string | null): Row {
  if (change.seq <= row.trueAt || row.text === null || change.gone) return row
  const next = { ...row, trueAt: change.seq }
  switch (change.kind) {
    case 'edit':
      return { ...next, text: change.text, edited: change.at }
    case 'delete': {
      const { replyTo: _, ...rest } = next
      return { ...rest, text: null, edited: null, pinned: false, reactions: NONE }
    }
    case 'pin':
      return { ...next, pinned: change.on }
    case 'react':
      return { ...next, reactions: withReaction(row.reactions, change, me) }
    default:
      return row
  }
}

function withReaction(
  reactions: readonly Reaction[],
  { emoji, on, count, user }: Extract<Change, { emoji: string }>,
  me: string | null,
): readonly Reaction[] {
  const at = reactions.findIndex((reaction) => reaction.emoji === emoji)
  const before = reactions[at]
  if (count === 0) return before === undefined ? reactions : reactions.toSpliced(at, 1)
  const users = before?.users ?? []
  const known = users.some(({ id }) => id === user.id)
  const after = {
    emoji,
    count,
    mine: user.id === me ? on : (before?.mine ?? false),
    users: !on
      ? users.filter(({ id }) => id !== user.id)
      : known || users.length >= LIMITS.emojiPeople
        ? users
        : [...users, user],
  }
  return before === undefined ? [...reactions, after] : reactions.with(at, after)
}

/** Rows with the one that a change names changed. */
export function withChange(rows: readonly Row[], change: Change, me: string | null): readonly Row[] {
  const at = rows.findLastIndex((row) => row.id === change.target)
  const row = rows[at]
  if (row === undefined) return rows
  const after = applyChange(row, change, me)
  return after === row ? rows : rows.with(at, after)
}

function sameRow(a: Row, b: Row): boolean {
  return (
    a.seq === b.seq &&
    a.id === b.id &&
    a.at === b.at &&
    a.text === b.text &&
    a.replyTo === b.replyTo &&
    a.own === b.own &&
    a.user.name === b.user.name &&
    a.sendStatus.status === b.sendStatus.status
  )
}

/** Puts a row with a seq in its place; one of the same key gives way to it, also if it waited or had failed. */
export function withRow(rows: readonly Row[], row: Row): readonly Row[] {
  const { seq } = row
  if (seq === null) return rows
  // News of others stands before what waits of mine. Not `[...rows, row]`, which takes four times as long.
  const newest = rows.findLastIndex((other) => other.seq !== null)
  if (!row.own && (rows[newest]?.seq ?? 0) < seq) return rows.toSpliced(newest + 1, 0, row)
  const known = rows.findLastIndex((other) => other.key === row.key)
  const before = rows[known]
  if (before !== undefined && (sameRow(before, row) || before.trueAt > row.trueAt)) return rows
  const others = before === undefined ? rows.slice() : rows.toSpliced(known, 1)
  const below = others.findLastIndex((other) => other.seq !== null && other.seq <= seq)
  const there = others[below]
  // The same number under another id: one of two histories, and this one was heard last.
  if (there?.seq === seq && there.id !== row.id) others[below] = row
  else if (there?.seq !== seq) others.splice(below + 1, 0, row)
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
  const change = room.pendingChanges.findIndex((pending) => pending.key === key)
  const known = room.pendingChanges[change]
  if (known !== undefined)
    return removeConfirmedChanges({
      ...room,
      pendingChanges: room.pendingChanges.with(change, { ...known, seq: ack.seq }),
    })
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
          sendStatus: { status: 'acked' },
          trueAt: ack.seq,
        })
  return { ...room, head, rows }
}

/** Without the changes of mine that the rows hold by now. */
export function removeConfirmedChanges(room: RoomState, event?: string): RoomState {
  const waits = ({ key, seq }: PendingChange) => key !== event && (seq === null || seq > room.position.seq)
  return room.pendingChanges.every(waits)
    ? room
    : { ...room, pendingChanges: room.pendingChanges.filter(waits) }
}

/** No more rows than are kept: the oldest go, and can be loaded again. */
export function trimRows(room: RoomState): RoomState {
  const over = room.rows.length - room.maxRows
  if (over <= 0) return room
  const rows = room.rows.toSpliced(0, over, ...waitingRows(room.rows.slice(0, over)))
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

/** A message of a room by its id, wherever it is kept; null: nowhere. */
export function rowById({ historyWindow, rows, quotes }: RoomState, id: string): Row | null {
  const is = (row: Row) => row.id === id
  return historyWindow?.rows.find(is) ?? rows.findLast(is) ?? quotes.find(is) ?? null
}

/** My newest message that I can still edit, or null. */
export function lastOwn({ rows }: RoomState): Row | null {
  return (
    rows.findLast((row) => row.own && row.kind === 'message' && row.id !== null && row.text !== null) ?? null
  )
}
