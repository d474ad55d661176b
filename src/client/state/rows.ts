/** A room's rows: by seq, my unsent ones last. Rows are replaced, never mutated; an unchanged row stays `===`. */
import { LIMITS } from '../../shared/limits.ts'
import { mentionsAfterEdit } from '../../shared/mentions.ts'
import type { Change, HistoryMessage, Reaction, ReactionCount, User } from '../../shared/model.ts'
import type { ServerFrameOf } from '../../shared/protocol.ts'
import type { PendingChange, OutboxEntry, RoomState, Row, SendStatus } from './state.ts'

/** Identifies a row before and after its ack. Others see my nonces and may copy them, so the user is part of the key. */
export function keyOf(user: string, nonce: string): string {
  return `${user}:${nonce}`
}

/** The fields that other rows start from. Alone it is a row without text, as for the quote of a missing message. */
export const EMPTY_ROW: Row = {
  key: '',
  kind: 'message',
  seq: null,
  id: null,
  user: { id: '', name: '' },
  nonce: '',
  at: 0,
  text: null,
  mentions: [],
  edited: null,
  pinned: false,
  reactions: [],
  own: false,
  sendStatus: { status: 'acked' },
  trueAt: 0,
}

/** @param trueAt the seq up to which the message includes every change */
export function rowOf(message: HistoryMessage, me: string | null, trueAt = message.seq): Row {
  const { kind, seq, id, at, user = EMPTY_ROW.user, nonce = '', replyTo, text = null } = message
  const { edited = null, pinned = false, reactions = EMPTY_ROW.reactions } = message
  const mentions = (message.kind === 'message' && message.mentions) || EMPTY_ROW.mentions
  const key = keyOf(user.id, nonce || id)
  const content = { at, text, mentions, edited, pinned, reactions }
  const row = { ...EMPTY_ROW, key, kind, seq, id, user, nonce, ...content, trueAt }
  return { ...row, own: user.id === me, ...(replyTo !== undefined && { replyTo }) }
}

/** A message of a first page, which is the same for everybody, with `mine` set. @param emoji those I have reacted with */
export function withOwnReactions(
  { reactions, ...message }: HistoryMessage<ReactionCount>,
  emoji: readonly string[] = [],
): HistoryMessage {
  if (reactions === undefined) return message as HistoryMessage
  const own = reactions.map((reaction) => ({ ...reaction, mine: emoji.includes(reaction.emoji) }))
  return { ...message, reactions: own } as HistoryMessage
}

/** Adds an unsent message of mine below all others, unless it is there already. */
export function addPendingRow(
  room: RoomState,
  entry: OutboxEntry & { kind: 'message' },
  user: User,
): RoomState {
  const { nonce, at, text, replyTo } = entry
  const key = keyOf(entry.user, nonce)
  if (room.rows.some((row) => row.key === key)) return room
  const named = { key, user, nonce, at, text, own: true, ...(replyTo !== undefined && { replyTo }) }
  return { ...room, rows: [...room.rows, { ...EMPTY_ROW, ...named, sendStatus: initialSendStatus(entry) }] }
}

export function initialSendStatus({ failed }: OutboxEntry): SendStatus {
  return failed === undefined ? { status: 'queued' } : { status: 'failed', reason: failed }
}

/** Applies a change to the row it names. A row that includes the change already, or has no text any more, stays `===`. */
export function applyChange(row: Row, change: Change, me: string | null): Row {
  if (change.seq <= row.trueAt || row.text === null || change.gone) return row
  const next = { ...row, trueAt: change.seq }
  switch (change.kind) {
    case 'edit':
      return {
        ...next,
        text: change.text,
        mentions: mentionsAfterEdit(row.mentions, change.mentions ?? []),
        edited: change.at,
      }
    case 'delete': {
      const { replyTo: _, ...rest } = next
      const { mentions, reactions } = EMPTY_ROW
      return { ...rest, text: null, mentions, edited: null, pinned: false, reactions }
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
  const index = reactions.findIndex((reaction) => reaction.emoji === emoji)
  const before = reactions[index]
  if (count === 0) return before === undefined ? reactions : reactions.toSpliced(index, 1)
  const listed = before?.users ?? []
  const others = listed.filter(({ id }) => id !== user.id)
  const isNew = others.length === listed.length && listed.length < LIMITS.emojiPeople
  const users = !on ? others : isNew ? [...listed, user] : listed
  const after = { emoji, count, mine: user.id === me ? on : (before?.mine ?? false), users }
  return before === undefined ? [...reactions, after] : reactions.with(index, after)
}

/** Applies a change to the row it names, if that is among the rows. */
export function withChange(rows: readonly Row[], change: Change, me: string | null): readonly Row[] {
  const index = rows.findLastIndex((row) => row.id === change.target)
  const row = rows[index]
  if (row === undefined) return rows
  const after = applyChange(row, change, me)
  return after === row ? rows : rows.with(index, after)
}

/** Puts a row with a seq in its place. It replaces a row of the same key, also one that was unsent or had failed. */
export function withRow(rows: readonly Row[], row: Row): readonly Row[] {
  const { seq } = row
  if (seq === null) return rows
  const index = rows.findLastIndex((known) => known.key === row.key)
  const before = rows[index]
  const isKnown =
    before?.id === row.id &&
    before.text === row.text &&
    before.user.name === row.user.name &&
    // An ack knows no mentions: the event brings them.
    before.mentions.length === row.mentions.length
  if (isKnown || (before !== undefined && before.trueAt > row.trueAt)) return rows
  const others = before === undefined ? rows.slice() : rows.toSpliced(index, 1)
  const below = others.findLastIndex((known) => known.seq !== null && known.seq <= seq)
  const neighbour = others[below]
  // The same seq under another id: a backup was restored, and the row heard last is the true one.
  if (neighbour?.seq === seq && neighbour.id !== row.id) others[below] = row
  else if (neighbour?.seq !== seq) others.splice(below + 1, 0, row)
  return others
}

/** My unsent or failed rows: they survive when a room's log is cleared. */
export function unsentRows(rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => row.seq === null)
}

/** The oldest seq among the rows, or null. */
export function firstSeq(rows: readonly Row[]): number | null {
  return rows.find(({ seq }) => seq !== null)?.seq ?? null
}

/** The seq from which on the live rows hold every message. */
export function oldestSeq({ rows, position }: RoomState): number {
  return firstSeq(rows) ?? position.seq + 1
}

/**
 * My entry has its seq. A message stored long ago, whose first ack was lost, may belong above the loaded rows: then its row is
 * taken away (M61).
 */
export function withAck(room: RoomState, me: string, ack: ServerFrameOf<'ack'>): RoomState {
  const key = keyOf(me, ack.nonce)
  const index = room.pendingChanges.findIndex((pending) => pending.key === key)
  const pending = room.pendingChanges[index]
  if (pending !== undefined) {
    const pendingChanges = room.pendingChanges.with(index, { ...pending, seq: ack.seq })
    return removeConfirmedChanges({ ...room, pendingChanges })
  }
  const row = room.rows.find((known) => known.key === key)
  const head = Math.max(room.head, ack.seq)
  if (row === undefined || row.seq !== null) return head === room.head ? room : { ...room, head }
  const { seq, id, at } = ack
  if (seq < oldestSeq(room) && seq <= room.position.seq)
    return { ...room, head, rows: room.rows.filter((known) => known !== row) }
  const acked: Row = { ...row, seq, id, at, sendStatus: { status: 'acked' }, trueAt: seq }
  return { ...room, head, rows: withRow(room.rows, acked) }
}

/** Removes my pending changes that the rows contain by now. @param key of a change whose event has come */
export function removeConfirmedChanges(room: RoomState, key?: string): RoomState {
  const isPending = (change: PendingChange) =>
    change.key !== key && (change.seq === null || change.seq > room.position.seq)
  return room.pendingChanges.every(isPending)
    ? room
    : { ...room, pendingChanges: room.pendingChanges.filter(isPending) }
}

/** Drops the oldest rows beyond the room's limit; they can be loaded again. */
export function trimRows(room: RoomState): RoomState {
  const excess = room.rows.length - room.maxRows
  if (excess <= 0) return room
  const rows = room.rows.toSpliced(0, excess, ...unsentRows(room.rows.slice(0, excess)))
  return { ...room, rows, older: 'more' }
}

/** Removes the rows below `floor`. */
export function aboveFloor(room: RoomState, floor: number): RoomState {
  if (floor <= room.floor) return room
  const rows = room.rows.filter((row) => row.seq === null || row.seq >= floor)
  const isComplete = (firstSeq(rows) ?? Infinity) <= floor && room.older !== 'loading'
  return { ...room, floor, rows, older: isComplete ? 'none' : room.older }
}

/** A message of a room by its id, wherever it is kept, or null. */
export function rowById({ historyWindow, rows, quotes }: RoomState, id: string): Row | null {
  const hasId = (row: Row) => row.id === id
  return historyWindow?.rows.find(hasId) ?? rows.findLast(hasId) ?? quotes.find(hasId) ?? null
}

/** My newest message that I can still edit, or null. */
export function lastOwn({ rows }: RoomState): Row | null {
  return (
    rows.findLast((row) => row.own && row.kind === 'message' && row.id !== null && row.text !== null) ?? null
  )
}
