import type { Database } from 'bun:sqlite'
import type { Draft, Outcome } from '../../../hub/ports.ts'
import { assertNever } from '../../../shared/assert.ts'
import { LIMITS } from '../../../shared/limits.ts'
import { queryOne, run, type SqlValues } from '../database.ts'
import type { WriteFailure } from '../diskErrors.ts'
import { setReaction } from '../reactions.ts'

/** The outcome of a draft without its event, which the main thread makes anew: less to send between threads. */
export type CommitResult =
  | { result: 'stored'; seq: number; count?: number }
  | { result: 'failed'; failure: WriteFailure }
  | Exclude<Outcome, { result: 'stored' | 'failed' }>

/** `digest`: null for a topic, empty once the content is deleted */
type StoredNonce = { seq: number; id: string; at: number; digest: Uint8Array | null }
type LiveMessage = { seq: number; user_id: string }

/** Removes the content of events, and keeps their keys. */
export const REDACT_EVENTS = `UPDATE events SET data = NULL, digest = x''`
/** Removes the content of messages, and keeps their keys. */
export const REDACT_MESSAGES =
  'UPDATE messages SET text = NULL, reply_to = NULL, edited_at = NULL, pinned = 0'

const THIS_MESSAGE = 'WHERE room = $room AND seq = $seq'

/** Stores drafts as events, and applies them to `messages`, which holds each message in its present state. */
export class EventWriter {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Stores drafts in the caller's transaction. @throws what SQLite throws; the caller then rolls back all of them */
  store(drafts: readonly Draft[]): CommitResult[] {
    const heads = new Map<string, number>()
    const results = drafts.map((draft) => this.#storeOne(draft, heads))
    for (const [room, seq] of heads)
      run(this.#db, 'UPDATE rooms SET seq = $seq WHERE room = $room', { room, seq })
    return results
  }

  /** @param heads last seq of each room of the batch; written at its end, so once for each room */
  #storeOne(draft: Draft, heads: Map<string, number>): CommitResult {
    const { room, kind, id, at, user, nonce = null } = draft
    const target = 'target' in draft ? draft.target : null
    const content = contentOf(draft)
    const digest = nonce === null ? null : digestOf(room, kind, target, content)
    // Before all other checks: a stored draft that is sent again must not be refused for what has changed since.
    const known = nonce === null ? null : this.#eventByNonce(user.id, nonce)
    if (known !== null) {
      // Deleted content keeps no digest, because a digest would confirm a guess of the text (S70).
      if (known.digest?.length && !digest?.equals(known.digest))
        return { result: 'refused', code: 'nonceReused' }
      return { result: 'duplicate', seq: known.seq, id: known.id, at: known.at }
    }
    const messageId = target ?? ('replyTo' in draft ? draft.replyTo : undefined)
    const message = messageId === undefined ? null : this.#liveMessage(messageId, room)
    const head = heads.get(room) ?? this.#headOf(room)
    if (head === undefined) return { result: 'refused', code: 'noRoom' }
    if (messageId !== undefined && message === null) return { result: 'refused', code: 'gone' }
    if ((kind === 'edit' || kind === 'delete') && message?.user_id !== user.id)
      return { result: 'refused', code: 'forbidden' }
    if (kind === 'react' && !this.#hasRoomForEmoji(draft)) return { result: 'refused', code: 'tooBig' }
    const seq = head + 1
    heads.set(room, seq)
    const row = { room, seq, id, kind, user: user.id, name: user.name, nonce, at }
    const count = this.#applyToMessages(draft, row, message?.seq ?? 0)
    const data =
      kind === 'react'
        ? JSON.stringify({ emoji: draft.emoji, on: draft.on, count })
        : kind === 'delete'
          ? JSON.stringify({ by: 'author' })
          : content
    run(
      this.#db,
      `INSERT INTO events (room, seq, id, kind, user_id, name, nonce, digest, at, target, data)
       VALUES ($room, $seq, $id, $kind, $user, $name, $nonce, $digest, $at, $target, $data)`,
      { ...row, digest, target, data },
    )
    return { result: 'stored', seq, ...(count !== undefined && { count }) }
  }

  /**
   * Brings `messages` up to date with a draft.
   * @param seq of the message that the draft changes
   * @returns for a reaction, how many people show the emoji now
   */
  #applyToMessages(draft: Draft, row: SqlValues & { seq: number }, seq: number): number | undefined {
    const db = this.#db
    const { room, at } = draft
    switch (draft.kind) {
      case 'topic':
        run(db, 'UPDATE rooms SET topic = $text WHERE room = $room', { room, text: draft.text })
        this.#addMessage({ ...row, text: draft.text, replyTo: null })
        return
      case 'message':
        this.#addMessage({ ...row, text: draft.text, replyTo: draft.replyTo ?? null })
        return
      case 'edit': {
        const { text } = draft
        run(db, `UPDATE messages SET text = $text, edited_at = $at ${THIS_MESSAGE}`, { room, seq, text, at })
        return
      }
      case 'delete':
        this.#redact(room, seq, draft.target)
        return
      case 'pin':
        run(db, `UPDATE messages SET pinned = $on ${THIS_MESSAGE}`, { room, seq, on: draft.on ? 1 : 0 })
        return
      case 'react': {
        const { target, emoji, user, on } = draft
        return setReaction(db, { message: target, emoji, user: user.id, name: user.name, seq: row.seq }, on)
      }
      default:
        return assertNever(draft)
    }
  }

  #addMessage(row: SqlValues): void {
    run(
      this.#db,
      `INSERT INTO messages (room, seq, id, kind, user_id, name, nonce, at, reply_to, text)
       VALUES ($room, $seq, $id, $kind, $user, $name, $nonce, $at, $replyTo, $text)`,
      row,
    )
  }

  /** Removes the content of a message and of its edits, with its reactions; all keys stay. */
  #redact(room: string, seq: number, id: string): void {
    const db = this.#db
    run(db, `${REDACT_MESSAGES} ${THIS_MESSAGE}`, { room, seq })
    run(db, `${REDACT_EVENTS} ${THIS_MESSAGE}`, { room, seq })
    run(db, `${REDACT_EVENTS} WHERE target = $id AND kind = 'edit'`, { id })
    for (const table of ['reactions', 'reaction_kinds'])
      run(db, `DELETE FROM ${table} WHERE message = $id`, { id })
  }

  /** Does the message show this emoji already, or may it take one more kind? */
  #hasRoomForEmoji({ target, emoji, on }: Extract<Draft, { kind: 'react' }>): boolean {
    if (!on) return true
    const found = queryOne<{ kinds: number; known: number | null }>(
      this.#db,
      'SELECT count(*) AS kinds, max(emoji = $emoji) AS known FROM reaction_kinds WHERE message = $target',
      { target, emoji },
    )
    return found?.known === 1 || (found?.kinds ?? 0) < LIMITS.emojiKinds
  }

  #eventByNonce(user: string, nonce: string): StoredNonce | null {
    const sql = 'SELECT seq, id, at, digest FROM events WHERE user_id = $user AND nonce = $nonce'
    return queryOne(this.#db, sql, { user, nonce })
  }

  #liveMessage(id: string, room: string): LiveMessage | null {
    const sql = `SELECT seq, user_id FROM messages
      WHERE id = $id AND +room = $room AND kind = 'message' AND text IS NOT NULL`
    return queryOne(this.#db, sql, { id, room })
  }

  #headOf(room: string): number | undefined {
    const sql = 'SELECT seq FROM rooms WHERE room = $room'
    return queryOne<{ seq: number }>(this.#db, sql, { room })?.seq
  }
}

/** The content as JSON: the log keeps it, and a second draft with the same nonce must be equal to it. */
function contentOf(draft: Draft): string {
  // prettier-ignore
  switch (draft.kind) {
    case 'message': return JSON.stringify({ text: draft.text, ...(draft.replyTo && { replyTo: draft.replyTo }) })
    case 'edit': case 'topic': return JSON.stringify({ text: draft.text })
    case 'delete': return '{}'
    case 'react': return JSON.stringify({ emoji: draft.emoji, on: draft.on })
    case 'pin': return JSON.stringify({ on: draft.on })
    default: return assertNever(draft)
  }
}

/** Tells a draft that is sent again from another draft with the same nonce. */
export function digestOf(room: string, kind: string, target: string | null, content: string): Buffer {
  const hash = new Bun.CryptoHasher('sha256').update(JSON.stringify([room, kind, target, content]))
  return Buffer.from(hash.digest())
}
