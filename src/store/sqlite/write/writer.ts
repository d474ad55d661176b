import type { Database } from 'bun:sqlite'
import type { Draft, Membership, NewGuest, RoomRow, Stale } from '../../../hub/ports.ts'
import type { Role } from '../../../shared/model.ts'
import { BUSY_TIMEOUTS, type SqlValues } from '../database.ts'
import { schemaOf } from '../migrations.ts'
import { NAME_RELEASED, NameOwners } from '../nameOwners.ts'
import { type CommitResult, EventWriter } from './eventWriter.ts'
import { purgeEvents } from './purge.ts'
import { diskErrorCode } from '../diskErrors.ts'

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

/** How many free pages go back to the file system after a purge. */
const PAGES_GIVEN_BACK = 1_000

/** The only writer. Each call is one transaction, on disk when it returns; it throws what SQLite throws. */
export class Writer implements Writes {
  readonly #db: Database
  readonly #onFailure: (error: unknown) => void
  readonly #nameOwners: NameOwners
  readonly #events: EventWriter
  #busyTimeout: number = BUSY_TIMEOUTS.first

  /** @param onFailure gets the error of each draft that `commit` could not store */
  constructor(db: Database, onFailure: (error: unknown) => void) {
    this.#db = db
    this.#onFailure = onFailure
    this.#nameOwners = new NameOwners(db)
    this.#events = new EventWriter(db)
  }

  commit(drafts: readonly Draft[]): CommitResult[] {
    try {
      return this.#transaction(() => this.#events.store(drafts))
    } catch (error) {
      if (diskErrorCode(error) === null && drafts.length > 1) return this.#commitEach(drafts)
      this.#onFailure(error)
      return drafts.map(() => ({ result: 'failed' }))
    }
  }

  addRoom(room: Omit<RoomRow, 'head' | 'floor'>, at: number, maker?: string): 'added' | 'taken' | 'nobody' {
    return this.#transaction(() => {
      // Absent is null where the call came as JSON.
      if (maker && !this.#userExists(maker)) return 'nobody'
      const { changes } = this.#run(
        `INSERT INTO rooms (room, name, topic, kind, at) VALUES ($room, $name, $topic, $kind, $at)
         ON CONFLICT DO NOTHING`,
        { room: room.room, name: room.name, topic: room.topic, kind: room.kind, at },
      )
      if (changes === 0) return 'taken'
      if (maker) this.#join(room.room, maker, 'owner', at)
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
      const first = [room, 'lobby'].find((slug) => slug !== undefined && this.#roomExists(slug))
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
      const released = this.#db
        .query<{ id: string }, [SqlValues]>(`SELECT id FROM users WHERE ${NAME_RELEASED}`)
        .all({ inactiveBefore, neverWroteBefore })
      for (const { id } of released) this.#deleteUser(id)
    })
  }

  purge(before: number, limit: number): number {
    const emptied = this.#transaction(() => purgeEvents(this.#db, before, limit))
    // The last call of a purge empties nothing.
    if (emptied === 0) this.#db.query(`PRAGMA incremental_vacuum(${PAGES_GIVEN_BACK})`).all()
    return emptied
  }

  probe(): void {
    this.#transaction(() => this.#db.run(`PRAGMA user_version = ${schemaOf(this.#db)}`))
  }

  /** After a batch that failed for a bug: whichever draft it was, the others are stored. */
  #commitEach(drafts: readonly Draft[]): CommitResult[] {
    let diskFails = false
    return drafts.map((draft) => {
      // What comes behind trouble with the disk fails too: it must not overtake what will be sent again.
      if (diskFails) return { result: 'failed' }
      try {
        return this.#transaction(() => this.#events.store([draft])[0] ?? { result: 'failed' })
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

  /** Gives the keys to `user` and deletes owners who have lost them. @returns false, and nothing changed, if a key is owned */
  #takeKeys(user: string, keys: readonly string[], at: number, stale: Stale): boolean {
    const owners = this.#nameOwners.ownersOf(keys, at, stale, user)
    if (owners.some(({ released }) => !released)) return false
    for (const owner of owners) this.#deleteUser(owner.user)
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

  /** Waits long for another process once; the calls that queued up meanwhile wait only a moment each. */
  #begin(): void {
    try {
      this.#db.run('BEGIN IMMEDIATE')
    } catch (error) {
      if (diskErrorCode(error) === 'SQLITE_BUSY') this.#setBusyTimeout(BUSY_TIMEOUTS.afterBusy)
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
