import type { Database } from 'bun:sqlite'
import type { Draft, Outcome } from '../../../hub/ports.ts'
import { assertNever } from '../../../shared/assert.ts'
import { LIMITS } from '../../../shared/limits.ts'
import type { Mention, RoomEvent } from '../../../shared/model.ts'
import { queryOne, run, type SqlValues } from '../database.ts'
import type { WriteFailure } from '../diskErrors.ts'
import { addMentions, editMentions, mentionsJson, parseMentions } from '../mentions.ts'
import { setReaction } from '../reactions.ts'
import { redact } from './redact.ts'

/** The outcome of a draft without its event, which the main thread makes anew: less to send between threads. */
export type CommitResult =
  | { result: 'stored'; seq: number; count?: number }
  | { result: 'failed'; failure: WriteFailure }
  | Exclude<Outcome, { result: 'stored' | 'failed' }>

/** `digest`: null for a topic, empty once the content is deleted */
type StoredNonce = { seq: number; id: string; at: number; digest: Uint8Array | null }
type LiveMessage = { seq: number; user_id: string; mentions: string | null }

const THIS_MESSAGE = 'WHERE room = $room AND seq = $seq'

/**
 * Stores drafts as events, and applies them to `messages`, which holds each message in its present state. In the caller's
 * transaction. @throws what SQLite throws; the caller then rolls back all drafts
 */
export function storeDrafts(db: Database, drafts: readonly Draft[]): CommitResult[] {
  const heads = new Map<string, number>()
  const results = drafts.map((draft) => storeOne(db, draft, heads))
  for (const [room, seq] of heads) run(db, 'UPDATE rooms SET seq = $seq WHERE room = $room', { room, seq })
  return results
}

/** @param heads last seq of each room of the batch; the caller stores each once, at the end of the batch */
function storeOne(db: Database, draft: Draft, heads: Map<string, number>): CommitResult {
  const { room, kind, id, at, user, nonce = null } = draft
  const target = 'target' in draft ? draft.target : null
  const content = contentOf(draft)
  const digest = nonce === null ? null : digestOf(room, kind, target, JSON.stringify(content))
  // Before all other checks: a stored draft that is sent again must not be refused for what has changed since.
  const byNonce = 'SELECT seq, id, at, digest FROM events WHERE user_id = $user AND nonce = $nonce'
  const known = nonce === null ? null : queryOne<StoredNonce>(db, byNonce, { user: user.id, nonce })
  if (known !== null) {
    // Deleted content keeps no digest, because a digest would confirm a guess of the text (S70).
    if (known.digest?.length && !digest?.equals(known.digest))
      return { result: 'refused', code: 'nonceReused' }
    return { result: 'duplicate', seq: known.seq, id: known.id, at: known.at }
  }
  const messageId = target ?? ('replyTo' in draft ? draft.replyTo : undefined)
  const message = messageId === undefined ? null : liveMessage(db, messageId, room)
  const head = heads.get(room) ?? readRoomHead(db, room)
  if (head === undefined) return { result: 'refused', code: 'noRoom' }
  if (messageId !== undefined && message === null) return { result: 'refused', code: 'gone' }
  if ((kind === 'edit' || kind === 'delete') && message?.user_id !== user.id)
    return { result: 'refused', code: 'forbidden' }
  if (kind === 'react' && !acceptsEmoji(db, draft)) return { result: 'refused', code: 'tooBig' }
  const seq = head + 1
  heads.set(room, seq)
  const row = { room, seq, id, kind, user: user.id, name: user.name, nonce, at }
  const count = applyToMessages(db, draft, row, message)
  const data = JSON.stringify(dataOf(draft, content, count))
  run(
    db,
    `INSERT INTO events (room, seq, id, kind, user_id, name, nonce, digest, at, target, data)
     VALUES ($room, $seq, $id, $kind, $user, $name, $nonce, $digest, $at, $target, $data)`,
    { ...row, digest, target, data },
  )
  return { result: 'stored', seq, ...(count !== undefined && { count }) }
}

/**
 * Brings `messages` up to date with a draft.
 * @param message the message that the draft changes or answers
 * @returns for a reaction, how many people have reacted with the emoji after this
 */
function applyToMessages(
  db: Database,
  draft: Draft,
  row: SqlValues & { seq: number },
  message: LiveMessage | null,
): number | undefined {
  const { room, at, user } = draft
  const seq = message?.seq ?? 0
  switch (draft.kind) {
    case 'topic':
    case 'message': {
      const { kind, text } = draft
      const mentions = (kind === 'message' && draft.mentions) || []
      if (kind === 'topic') run(db, 'UPDATE rooms SET topic = $text WHERE room = $room', { room, text })
      run(
        db,
        `INSERT INTO messages (room, seq, id, kind, user_id, name, nonce, at, reply_to, text, mentions)
         VALUES ($room, $seq, $id, $kind, $user, $name, $nonce, $at, $replyTo, $text, $mentions)`,
        {
          ...row,
          text,
          replyTo: (kind === 'message' && draft.replyTo) || null,
          mentions: mentionsJson(mentions),
        },
      )
      if (kind === 'message') addMentions(db, { room, seq: row.seq, user: user.id }, mentions)
      return
    }
    case 'edit': {
      const { text, mentions = [] } = draft
      editMentions(db, { room, seq, user: user.id }, parseMentions(message?.mentions ?? null), mentions)
      run(db, `UPDATE messages SET text = $text, edited_at = $at ${THIS_MESSAGE}`, { room, seq, text, at })
      return
    }
    case 'delete':
      redact(db, { room, from: seq, end: seq + 1 })
      return
    case 'pin':
      run(db, `UPDATE messages SET pinned = $on ${THIS_MESSAGE}`, { room, seq, on: draft.on ? 1 : 0 })
      return
    case 'react': {
      const { target, emoji, on } = draft
      return setReaction(db, { message: target, emoji, user: user.id, name: user.name, seq: row.seq }, on)
    }
    default:
      return assertNever(draft)
  }
}

/** Does the message have this emoji already, or room for one more kind? Removing one is always possible. */
function acceptsEmoji(db: Database, { target, emoji, on }: Extract<Draft, { kind: 'react' }>): boolean {
  if (!on) return true
  const found = queryOne<{ kinds: number; known: number | null }>(
    db,
    'SELECT count(*) AS kinds, max(emoji = $emoji) AS known FROM reaction_kinds WHERE message = $target',
    { target, emoji },
  )
  return found?.known === 1 || (found?.kinds ?? 0) < LIMITS.emojiKinds
}

function liveMessage(db: Database, id: string, room: string): LiveMessage | null {
  // The plus makes SQLite seek the id, not the room.
  const sql = `SELECT seq, user_id, mentions FROM messages
    WHERE id = $id AND +room = $room AND kind = 'message' AND text IS NOT NULL`
  return queryOne(db, sql, { id, room })
}

function readRoomHead(db: Database, room: string): number | undefined {
  const sql = 'SELECT seq FROM rooms WHERE room = $room'
  return queryOne<{ seq: number }>(db, sql, { room })?.seq
}

/** The content: a second draft with the same nonce must have an equal one. */
function contentOf(draft: Draft): object {
  // prettier-ignore
  switch (draft.kind) {
    case 'message': return { text: draft.text, ...(draft.replyTo && { replyTo: draft.replyTo }) }
    case 'edit': case 'topic': return { text: draft.text }
    case 'delete': return {}
    case 'react': return { emoji: draft.emoji, on: draft.on }
    case 'pin': return { on: draft.on }
    default: return assertNever(draft)
  }
}

/** What the log keeps of a draft: its content, and what the hub and the store have found out. */
function dataOf(draft: Draft, content: object, count: number | undefined): object {
  // prettier-ignore
  switch (draft.kind) {
    case 'message': case 'edit': return { ...content, ...mentionsOf(draft) }
    case 'react': return { ...content, count }
    case 'delete': return { by: 'author' }
    default: return content
  }
}

/** The event that a draft became. @param count for a reaction: how many people have reacted with the emoji */
export function eventFromDraft(draft: Draft, seq: number, count = 0): RoomEvent {
  const { id, at, user } = draft
  const keys = { seq, id, at, user: { id: user.id, name: user.name } }
  if (draft.kind === 'topic') return { kind: draft.kind, ...keys, text: draft.text }
  const { kind, nonce } = draft
  // prettier-ignore
  switch (kind) {
    case 'message': {
      const { text, replyTo } = draft
      return { kind, ...keys, nonce, text, ...(replyTo !== undefined && { replyTo }), ...mentionsOf(draft) }
    }
    case 'edit': return { kind, ...keys, nonce, target: draft.target, text: draft.text, ...mentionsOf(draft) }
    case 'delete': return { kind, ...keys, nonce, target: draft.target, by: 'author' }
    case 'react': return { kind, ...keys, nonce, target: draft.target, emoji: draft.emoji, on: draft.on, count }
    case 'pin': return { kind, ...keys, nonce, target: draft.target, on: draft.on }
    default: return assertNever(kind)
  }
}

function mentionsOf({ mentions = [] }: { mentions?: readonly Mention[] }): { mentions?: Mention[] } {
  return mentions.length === 0 ? {} : { mentions: [...mentions] }
}

/** Tells a draft that is sent again from another draft with the same nonce. */
export function digestOf(room: string, kind: string, target: string | null, content: string): Buffer {
  const hash = new Bun.CryptoHasher('sha256').update(JSON.stringify([room, kind, target, content]))
  return Buffer.from(hash.digest())
}
