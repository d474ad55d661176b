import type { Database, Statement } from 'bun:sqlite'
import type { Draft, Membership, NewGuest, Outcome, RoomRow, Stale } from '../../../hub/ports.ts'
import { assertNever } from '../../../shared/assert.ts'
import { LIMITS } from '../../../shared/limits.ts'
import type { Role } from '../../../shared/model.ts'
import { contentOf, digestOf } from './content.ts'
import { withExclusiveLock, checkpoint, BUSY_TIMEOUTS } from '../database.ts'
import { schemaOf } from '../migrations.ts'
import { NAME_RELEASED, NameOwners } from '../nameOwners.ts'
import { setReaction } from '../reactions.ts'
import { giveBackPages, purgeEvents } from './purge.ts'
import { diskErrorCode } from '../diskErrors.ts'

/** What became of a draft, in words that cross to the other thread cheaply: who sent it knows the rest. */
export type CommitResult =
  { result: 'stored'; seq: number; count?: number } | Exclude<Outcome, { result: 'stored' }>

/** The half of `Store` that writes, without its promises; what must hold stands there. */
export interface Writes {
  commit(drafts: readonly Draft[]): CommitResult[]
  addRoom(room: Omit<RoomRow, 'head' | 'floor'>, at: number, maker?: string): 'added' | 'taken' | 'nobody'
  addMember(room: string, user: string, role: Role, at: number): Membership | 'nobody'
  removeMember(room: string, user: string): void
  saveReads(reads: readonly { room: string; user: string; seq: number }[]): void
  addGuest(guest: NewGuest, stale: Stale): 'added' | 'taken'
  rename(
    user: string,
    name: string,
    keys: readonly string[],
    at: number,
    heldUntil: number,
    stale: Stale,
  ): 'renamed' | 'taken' | 'nobody'
  touch(hash: string, at: number): void
  endSession(hash: string): void
  forget(stale: Stale): void
  purge(before: number, limit: number): number
  /** Changes nothing, but writes to the disk like anything that does. */
  probe(): void
}

type SqlValues = Record<string, string | number | null | Uint8Array>
/** The last seq of each room a batch has come to, written when it ends: a room's row is touched once a batch. */
type RoomHeads = Map<string, number>
type LiveMessage = { seq: number; user_id: string }
/** `digest`: empty once the content is gone */
type StoredNonce = { seq: number; id: string; at: number; digest: Uint8Array | null }

/** The one hand that writes. Each call is one transaction, on disk when it returns; it throws what SQLite throws. */
export class Writer implements Writes {
  readonly #db: Database
  readonly #onFailure: (error: unknown) => void
  readonly #nameOwners: NameOwners
  readonly #byNonce: Statement<StoredNonce, [string, string]>
  readonly #head: Statement<{ seq: number }, [string]>
  readonly #setHead: Statement<null, [number, string]>
  readonly #liveMessage: Statement<LiveMessage, [string, string]>
  readonly #addEvent: Statement<null, [SqlValues]>
  readonly #addMessage: Statement<null, [SqlValues]>
  #busyTimeout: number = BUSY_TIMEOUTS.first
  /** a purge is under way */
  #isPurging = false

  /** @param failed hears why drafts of a `commit` failed */
  constructor(db: Database, failed: (error: unknown) => void) {
    this.#db = db
    this.#onFailure = failed
    this.#nameOwners = new NameOwners(db)
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

  commit(drafts: readonly Draft[]): CommitResult[] {
    try {
      return this.#transaction(() => this.#storeAll(drafts))
    } catch (error) {
      if (diskErrorCode(error) === null && drafts.length > 1) return this.#commitEach(drafts)
      this.#onFailure(error)
      return drafts.map(() => ({ result: 'failed' }))
    }
  }

  addRoom(room: Omit<RoomRow, 'head' | 'floor'>, at: number, maker?: string): 'added' | 'taken' | 'nobody' {
    return this.#transaction(() => {
      if (maker !== undefined && !this.#userExists(maker)) return 'nobody'
      const { changes } = this.#run(
        `INSERT INTO rooms (room, name, topic, kind, at) VALUES ($room, $name, $topic, $kind, $at)
         ON CONFLICT DO NOTHING`,
        { room: room.room, name: room.name, topic: room.topic, kind: room.kind, at },
      )
      if (changes === 0) return 'taken'
      if (maker !== undefined) this.#join(room.room, maker, 'owner', at)
      return 'added'
    })
  }

  addMember(room: string, user: string, role: Role, at: number): Membership | 'nobody' {
    return this.#transaction(() => (this.#userExists(user) ? this.#join(room, user, role, at) : 'nobody'))
  }

  removeMember(room: string, user: string): void {
    this.#transaction(() =>
      this.#run('DELETE FROM members WHERE user_id = $user AND room = $room', { user, room }),
    )
  }

  saveReads(reads: readonly { room: string; user: string; seq: number }[]): void {
    this.#transaction(() => {
      for (const { room, user, seq } of reads)
        this.#run(
          'UPDATE members SET read_seq = $seq WHERE user_id = $user AND room = $room AND read_seq < $seq',
          { room, user, seq },
        )
    })
  }

  addGuest({ id, name, keys, session, at, room }: NewGuest, stale: Stale): 'added' | 'taken' {
    return this.#transaction(() => {
      if (!this.#takeKeys(id, keys, at, stale)) return 'taken'
      this.#run('INSERT INTO users (id, name, at, seen) VALUES ($id, $name, $at, $at)', { id, name, at })
      this.#run('INSERT INTO sessions (hash, user_id, at, seen) VALUES ($session, $id, $at, $at)', {
        session,
        id,
        at,
      })
      const first = [room, 'lobby'].find((one) => one !== undefined && this.#roomExists(one))
      if (room !== undefined && first !== undefined) this.#join(first, id, 'guest', at)
      return 'added'
    })
  }

  rename(
    user: string,
    name: string,
    keys: readonly string[],
    at: number,
    heldUntil: number,
    stale: Stale,
  ): 'renamed' | 'taken' | 'nobody' {
    return this.#transaction(() => {
      if (!this.#userExists(user)) return 'nobody'
      if (!this.#takeKeys(user, keys, at, stale)) return 'taken'
      this.#run('UPDATE users SET name = $name WHERE id = $user', { user, name })
      this.#run(
        `UPDATE name_keys SET held_until = $heldUntil WHERE user_id = $user AND held_until IS NULL
           AND key NOT IN (SELECT value FROM json_each($keys))`,
        { user, heldUntil, keys: JSON.stringify(keys) },
      )
      return 'renamed'
    })
  }

  touch(hash: string, at: number): void {
    this.#transaction(() => {
      this.#run('UPDATE sessions SET seen = max(seen, $at) WHERE hash = $hash', { hash, at })
      this.#run(
        `UPDATE users SET seen = max(seen, $at) WHERE id = (SELECT user_id FROM sessions WHERE hash = $hash)`,
        { hash, at },
      )
    })
  }

  endSession(hash: string): void {
    this.#transaction(() => {
      const ended = this.#db
        .query<{ user_id: string }, [string]>('DELETE FROM sessions WHERE hash = ? RETURNING user_id')
        .get(hash)
      if (ended === null) return
      const lost = this.#db
        .query<{ id: string }, [string]>(
          `SELECT id FROM users WHERE id = ?1 AND role = 'guest'
             AND NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = ?1)`,
        )
        .get(ended.user_id)
      if (lost !== null) this.#deleteUser(lost.id)
    })
  }

  forget({ inactiveBefore, neverWroteBefore }: Stale): void {
    this.#transaction(() => {
      const stale = this.#db
        .query<{ id: string }, [SqlValues]>(`SELECT id FROM users WHERE ${NAME_RELEASED}`)
        .all({ inactiveBefore, neverWroteBefore })
      for (const { id } of stale) this.#deleteUser(id)
    })
  }

  purge(before: number, limit: number): number {
    const emptied = this.#transaction(() => purgeEvents(this.#db, before, limit))
    if (emptied === 0 && this.#isPurging) giveBackPages(this.#db)
    this.#isPurging = emptied > 0
    return emptied
  }

  probe(): void {
    this.#transaction(() => this.#db.run(`PRAGMA user_version = ${schemaOf(this.#db)}`))
  }

  /**
   * Writes all of the WAL into the main file and empties it, and forgets what it knows of any page.
   * @returns false, and nothing is lost: somebody else reads, who is not waited for
   */
  checkpoint(): boolean {
    return this.#withoutWaiting(() => {
      const folded = checkpoint(this.#db)
      if (folded) this.#db.run('PRAGMA shrink_memory')
      return folded
    })
  }

  /** Does what nobody may write beside, also no other process. @returns undefined, and nothing is done: the WAL is not empty */
  withExclusiveLock<T>(work: () => T): T | undefined {
    return this.#withoutWaiting(() => withExclusiveLock(this.#db, work))
  }

  #withoutWaiting<T>(work: () => T): T {
    const waits = this.#busyTimeout
    this.#setBusyTimeout(0)
    try {
      return work()
    } finally {
      this.#setBusyTimeout(waits)
    }
  }

  #storeAll(drafts: readonly Draft[]): CommitResult[] {
    const heads: RoomHeads = new Map()
    const written = drafts.map((draft) => this.#store(draft, heads))
    for (const [room, seq] of heads) this.#setHead.run(seq, room)
    return written
  }

  /** A known nonce is asked for first: what was stored once is not refused for what has changed since. */
  #store(draft: Draft, heads: RoomHeads): CommitResult {
    const { room, kind, id, at, user, nonce = null } = draft
    const target = 'target' in draft ? draft.target : null
    const content = contentOf(draft)
    const digest = nonce === null ? null : digestOf(room, kind, target, content)
    const known = nonce === null ? null : this.#byNonce.get(user.id, nonce)
    if (known !== null) {
      // Of what is gone nothing is kept to compare with: even a digest would tell who guesses right (S70).
      if (known.digest?.length && !digest?.equals(known.digest))
        return { result: 'refused', code: 'nonceReused' }
      return { result: 'duplicate', seq: known.seq, id: known.id, at: known.at }
    }
    const named = target ?? ('replyTo' in draft ? draft.replyTo : undefined)
    const alive = named === undefined ? null : this.#liveMessage.get(named, room)
    if (named !== undefined && alive === null)
      return { result: 'refused', code: this.#roomExists(room) ? 'gone' : 'noRoom' }
    if ((kind === 'edit' || kind === 'delete') && alive?.user_id !== user.id)
      return { result: 'refused', code: 'forbidden' }
    if (kind === 'react' && !this.#hasRoomForEmoji(draft)) return { result: 'refused', code: 'tooBig' }
    const head = heads.get(room) ?? this.#head.get(room)?.seq
    if (head === undefined) return { result: 'refused', code: 'noRoom' }
    const seq = head + 1
    heads.set(room, seq)
    const row = { room, seq, id, kind, user: user.id, name: user.name, nonce, at }
    const count = this.#applyToMessages(draft, row, alive?.seq ?? 0)
    const data =
      kind === 'react'
        ? JSON.stringify({ emoji: draft.emoji, on: draft.on, count })
        : kind === 'delete'
          ? JSON.stringify({ by: 'author' })
          : content
    this.#addEvent.run({ ...row, digest, target, data })
    return { result: 'stored', seq, ...(count !== undefined && { count }) }
  }

  /** Writes what the draft makes of the room's messages. @returns of a reaction, how many show it now */
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

  /** Nothing of a message but its keys stays, nor of its edits (S34). */
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

  /** Has the message this emoji already, or room for one kind more? */
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

  /** After a batch that failed for a bug: whichever draft it was, the others are stored. */
  #commitEach(drafts: readonly Draft[]): CommitResult[] {
    let diskFails = false
    return drafts.map((draft) => {
      // What comes behind trouble with the disk fails too: it must not overtake what will be sent again.
      if (diskFails) return { result: 'failed' }
      try {
        return this.#transaction(() => this.#storeAll([draft])[0] ?? { result: 'failed' })
      } catch (error) {
        diskFails = diskErrorCode(error) !== null
        this.#onFailure(error)
        return { result: 'failed' }
      }
    })
  }

  #join(room: string, user: string, role: Role, at: number): Membership {
    this.#run(
      `INSERT INTO members (user_id, room, role, read_seq, at)
       SELECT $user, room, $role, seq, $at FROM rooms WHERE room = $room ON CONFLICT DO NOTHING`,
      { room, user, role, at },
    )
    const membership = this.#db
      .query<Membership, [string, string]>(
        'SELECT room, role, read_seq AS readSeq FROM members WHERE user_id = ? AND room = ?',
      )
      .get(user, room)
    if (membership === null) throw new TypeError('no such room')
    return membership
  }

  /** Gives the keys to `user`, forgetting who held them and is stale; false, and nothing done, if somebody holds one. */
  #takeKeys(user: string, keys: readonly string[], at: number, stale: Stale): boolean {
    const holders = this.#nameOwners.ownersOf(keys, at, stale, user)
    if (holders.some((holder) => !holder.released)) return false
    for (const holder of holders) this.#deleteUser(holder.user)
    for (const key of keys)
      this.#run(
        `INSERT INTO name_keys (key, user_id) VALUES ($key, $user)
         ON CONFLICT (key) DO UPDATE SET user_id = excluded.user_id, held_until = NULL`,
        { key, user },
      )
    return true
  }

  /** A guest without session, name and memberships. What they said keeps their id and name. */
  #deleteUser(user: string): void {
    for (const table of ['sessions', 'name_keys', 'members'])
      this.#run(`DELETE FROM ${table} WHERE user_id = $user`, { user })
    this.#run('DELETE FROM users WHERE id = $user', { user })
  }

  /** Asked inside the transaction: a sign-out that came just before has taken the person away. */
  #userExists(user: string): boolean {
    return this.#db.query('SELECT 1 FROM users WHERE id = ?').get(user) !== null
  }

  #roomExists(room: string): boolean {
    return this.#db.query('SELECT 1 FROM rooms WHERE room = ?').get(room) !== null
  }

  #run(sql: string, values: SqlValues): { changes: number } {
    return this.#db.query<null, [SqlValues]>(sql).run(values)
  }

  /** Whoever else holds the file is waited for once; what has queued up behind that is told soon. */
  #begin(): void {
    try {
      this.#db.run('BEGIN IMMEDIATE')
    } catch (error) {
      if (diskErrorCode(error) === 'SQLITE_BUSY') this.#setBusyTimeout(BUSY_TIMEOUTS.again)
      throw error
    }
    this.#setBusyTimeout(BUSY_TIMEOUTS.first)
  }

  #setBusyTimeout(ms: number): void {
    if (this.#busyTimeout === ms) return
    this.#db.run(`PRAGMA busy_timeout = ${ms}`)
    this.#busyTimeout = ms
  }

  #transaction<T>(work: () => T): T {
    const db = this.#db
    try {
      this.#begin()
      const result = work()
      db.run('COMMIT')
      return result
    } catch (error) {
      // P37: SQLite has rolled back by itself after some failures, not after others.
      if (db.inTransaction) db.run('ROLLBACK')
      throw error
    }
  }
}
