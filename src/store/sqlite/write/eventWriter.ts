import type { Database, Statement } from 'bun:sqlite'
import type { Draft, Outcome } from '../../../hub/ports.ts'
import { assertNever } from '../../../shared/assert.ts'
import { LIMITS } from '../../../shared/limits.ts'
import type { SqlValues } from '../database.ts'
import { setReaction } from '../reactions.ts'
import { contentOf, digestOf } from './eventContent.ts'

/** The outcome of a draft without the event, so that it crosses to the main thread cheaply. */
export type CommitResult =
  { result: 'stored'; seq: number; count?: number } | Exclude<Outcome, { result: 'stored' }>

/** The last seq of each room in a batch. Written at its end, so that each room's row is written once. */
type RoomHeads = Map<string, number>
type LiveMessage = { seq: number; user_id: string }
/** `digest`: empty once the content is gone */
type StoredNonce = { seq: number; id: string; at: number; digest: Uint8Array | null }

/** Stores drafts as events, and applies them to `messages`, which has each message as it is now. */
export class EventWriter {
  readonly #db: Database
  readonly #byNonce: Statement<StoredNonce, [string, string]>
  readonly #head: Statement<{ seq: number }, [string]>
  readonly #setHead: Statement<null, [number, string]>
  readonly #liveMessage: Statement<LiveMessage, [string, string]>
  readonly #addEvent: Statement<null, [SqlValues]>
  readonly #addMessage: Statement<null, [SqlValues]>

  constructor(db: Database) {
    this.#db = db
    this.#byNonce = db.query('SELECT seq, id, at, digest FROM events WHERE user_id = ? AND nonce = ?')
    this.#head = db.query('SELECT seq FROM rooms WHERE room = ?')
    this.#setHead = db.query('UPDATE rooms SET seq = ? WHERE room = ?')
    this.#liveMessage = db.query(
      `SELECT seq, user_id FROM messages WHERE id = ? AND +room = ? AND kind = 'message' AND text IS NOT NULL`,
    )
    this.#addEvent = db.query(`
      INSERT INTO events (room, seq, id, kind, user_id, name, nonce, digest, at, target, data)
      VALUES ($room, $seq, $id, $kind, $user, $name, $nonce, $digest, $at, $target, $data)`)
    this.#addMessage = db.query(`
      INSERT INTO messages (room, seq, id, kind, user_id, name, nonce, at, reply_to, text)
      VALUES ($room, $seq, $id, $kind, $user, $name, $nonce, $at, $replyTo, $text)`)
  }

  /** Stores drafts in the caller's transaction. @throws what SQLite throws; then the caller rolls back all of them */
  store(drafts: readonly Draft[]): CommitResult[] {
    const heads: RoomHeads = new Map()
    const results = drafts.map((draft) => this.#storeOne(draft, heads))
    for (const [room, seq] of heads) this.#setHead.run(seq, room)
    return results
  }

  /** Looks for the nonce first: a draft that is stored already is not refused for what has changed since. */
  #storeOne(draft: Draft, heads: RoomHeads): CommitResult {
    const { room, kind, id, at, user, nonce = null } = draft
    const target = 'target' in draft ? draft.target : null
    const content = contentOf(draft)
    const digest = nonce === null ? null : digestOf(room, kind, target, content)
    const known = nonce === null ? null : this.#byNonce.get(user.id, nonce)
    if (known !== null) {
      // Deleted content has no digest to compare with: a digest would confirm a guess of the text (S70).
      if (known.digest?.length && !digest?.equals(known.digest))
        return { result: 'refused', code: 'nonceReused' }
      return { result: 'duplicate', seq: known.seq, id: known.id, at: known.at }
    }
    const messageId = target ?? ('replyTo' in draft ? draft.replyTo : undefined)
    const message = messageId === undefined ? null : this.#liveMessage.get(messageId, room)
    if (messageId !== undefined && message === null)
      return { result: 'refused', code: this.#roomExists(room) ? 'gone' : 'noRoom' }
    if ((kind === 'edit' || kind === 'delete') && message?.user_id !== user.id)
      return { result: 'refused', code: 'forbidden' }
    if (kind === 'react' && !this.#hasRoomForEmoji(draft)) return { result: 'refused', code: 'tooBig' }
    const head = heads.get(room) ?? this.#head.get(room)?.seq
    if (head === undefined) return { result: 'refused', code: 'noRoom' }
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
    this.#addEvent.run({ ...row, digest, target, data })
    return { result: 'stored', seq, ...(count !== undefined && { count }) }
  }

  /** Brings `messages` up to date with the draft. @returns for a reaction, how many people show the emoji now */
  #applyToMessages(draft: Draft, row: SqlValues, targetSeq: number): number | undefined {
    const { room, at } = draft
    switch (draft.kind) {
      case 'topic':
        this.#run('UPDATE rooms SET topic = $text WHERE room = $room', { room, text: draft.text })
        this.#addMessage.run({ ...row, text: draft.text, replyTo: null })
        return
      case 'message':
        this.#addMessage.run({ ...row, text: draft.text, replyTo: draft.replyTo ?? null })
        return
      case 'edit':
        this.#run(
          'UPDATE messages SET text = $text, edited_at = $at WHERE room = $room AND seq = $targetSeq',
          {
            room,
            targetSeq,
            text: draft.text,
            at,
          },
        )
        return
      case 'delete':
        this.#redact(room, targetSeq, draft.target)
        return
      case 'pin':
        this.#run('UPDATE messages SET pinned = $on WHERE room = $room AND seq = $targetSeq', {
          room,
          targetSeq,
          on: draft.on ? 1 : 0,
        })
        return
      case 'react':
        return this.#react(draft, Number(row.seq))
      default:
        return assertNever(draft)
    }
  }

  /** Takes the content from a message and from its edits; their keys stay (S34). */
  #redact(room: string, seq: number, id: string): void {
    this.#run(
      `UPDATE messages SET text = NULL, reply_to = NULL, edited_at = NULL, pinned = 0
       WHERE room = $room AND seq = $seq`,
      { room, seq },
    )
    const gone = `UPDATE events SET data = NULL, digest = x''`
    this.#run(`${gone} WHERE room = $room AND seq = $seq`, { room, seq })
    this.#run(`${gone} WHERE target = $id AND kind = 'edit'`, { id })
    this.#run('DELETE FROM reactions WHERE message = $id', { id })
    this.#run('DELETE FROM reaction_kinds WHERE message = $id', { id })
  }

  /** Does the message show this emoji already, or may it take one more kind? */
  #hasRoomForEmoji({ target, emoji, on }: Extract<Draft, { kind: 'react' }>): boolean {
    if (!on) return true
    const found = this.#db
      .query<{ kinds: number; known: number | null }, [SqlValues]>(
        'SELECT count(*) AS kinds, max(emoji = $emoji) AS known FROM reaction_kinds WHERE message = $target',
      )
      .get({ target, emoji })
    return found?.known === 1 || (found?.kinds ?? 0) < LIMITS.emojiKinds
  }

  /** @returns how many people show the emoji now */
  #react({ target, emoji, on, user }: Extract<Draft, { kind: 'react' }>, seq: number): number {
    return setReaction(this.#db, { message: target, emoji, user: user.id, name: user.name, seq }, on)
  }

  #roomExists(room: string): boolean {
    return this.#db.query('SELECT 1 FROM rooms WHERE room = ?').get(room) !== null
  }

  #run(sql: string, values: SqlValues): { changes: number } {
    return this.#db.query<null, [SqlValues]>(sql).run(values)
  }
}
