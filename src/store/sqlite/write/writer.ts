import type { Database } from 'bun:sqlite'
import type {
  Draft,
  Membership,
  NameKeys,
  NewGuest,
  ReadPosition,
  RoomRow,
  StaleLimits,
} from '../../../hub/ports.ts'
import { foldedName } from '../../../shared/mentions.ts'
import type { Role } from '../../../shared/model.ts'
import { checkpoint, queryAll, queryOne, run } from '../database.ts'
import { diskErrorCode, failureOf, type WriteFailure } from '../diskErrors.ts'
import { schemaOf } from '../migrations.ts'
import { IS_STALE, nameOwnersOf } from '../nameOwners.ts'
import { type CommitResult, storeDrafts } from './eventWriter.ts'
import { purgeEvents } from './redact.ts'

/** Free pages that go back to the file system after a purge. */
const PAGES_GIVEN_BACK = 1_000

export type WriteMethod = Exclude<keyof Writer, 'write' | 'close'>
type MaybePromise<T> = T | Promise<T>

/** Does writes in the order of the calls: `Writer` within the call, `WriterThread` in a worker. */
export interface WriterHandle {
  /** @throws what SQLite throws, or WriteError; never settles if the writer's thread dies, since its outcome is unknown */
  write<M extends WriteMethod>(method: M, ...args: Parameters<Writer[M]>): MaybePromise<ReturnType<Writer[M]>>
  /** Finishes the calls, moves the WAL into the main file and closes it. @returns what failed in doing so, or null */
  close(): MaybePromise<WriteFailure | null>
}

/**
 * The half of `Store` that writes; its contract stands in `hub/ports.ts`. Each call is on the disk when it returns.
 * It is one transaction, except that `commit` stores drafts one by one after a bug, and `purge` may end with a vacuum.
 * Each but `commit` throws what SQLite throws.
 */
export class Writer {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  write<M extends WriteMethod>(method: M, ...args: Parameters<Writer[M]>): ReturnType<Writer[M]> {
    return Reflect.apply(this[method], this, args) as ReturnType<Writer[M]>
  }

  close(): WriteFailure | null {
    try {
      checkpoint(this.#db)
      this.#db.close()
      return null
    } catch (error) {
      return failureOf(error)
    }
  }

  commit(drafts: readonly Draft[]): CommitResult[] {
    try {
      return this.#transaction(() => storeDrafts(this.#db, drafts))
    } catch (error) {
      // A bug with one draft must not hold up the others.
      if (diskErrorCode(error) === null && drafts.length > 1) return this.#commitEach(drafts)
      const failure = failureOf(error)
      return drafts.map(() => ({ result: 'failed', failure }))
    }
  }

  /** @param maker null if absent: JSON between the threads has no undefined */
  addRoom(
    room: Omit<RoomRow, 'head' | 'floor'>,
    at: number,
    maker?: string | null,
  ): 'added' | 'taken' | 'nobody' {
    return this.#transaction(() => {
      if (maker && !this.#userExists(maker)) return 'nobody'
      const { room: slug, name, topic, kind } = room
      const added = run(
        this.#db,
        `INSERT INTO rooms (room, name, topic, kind, at) VALUES ($slug, $name, $topic, $kind, $at)
         ON CONFLICT DO NOTHING`,
        { slug, name, topic, kind, at },
      )
      if (added === 0) return 'taken'
      if (maker) this.#join(slug, maker, 'owner', at)
      return 'added'
    })
  }

  addMember(room: string, user: string, role: Role, at: number): Membership | 'nobody' {
    return this.#transaction(() => (this.#userExists(user) ? this.#join(room, user, role, at) : 'nobody'))
  }

  removeMember(room: string, user: string): void {
    this.#transaction(() =>
      run(this.#db, 'DELETE FROM members WHERE user_id = $user AND room = $room', { user, room }),
    )
  }

  saveReads(reads: readonly ReadPosition[]): void {
    const sql = `UPDATE members SET read_seq = $seq
      WHERE user_id = $user AND room = $room AND (read_seq < $seq OR $back)`
    this.#transaction(() => {
      for (const { room, user, seq, back = false } of reads)
        run(this.#db, sql, { room, user, seq, back: Number(back) })
    })
  }

  addGuest(
    { id, name, keys, session, at, heldAt = at, room }: NewGuest,
    stale: StaleLimits,
  ): 'added' | 'taken' {
    return this.#transaction(() => {
      if (!this.#takeKeys(id, 'guest', keys, heldAt, stale)) return 'taken'
      const sql = 'INSERT INTO users (id, name, folded, at, seen) VALUES ($id, $name, $folded, $at, $at)'
      run(this.#db, sql, { id, name, folded: foldedName(name), at })
      run(this.#db, 'INSERT INTO sessions (hash, user_id, at, seen) VALUES ($session, $id, $at, $at)', {
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
    keys: NameKeys,
    at: number,
    heldUntil: number,
    stale: StaleLimits,
  ): 'renamed' | 'taken' | 'nobody' {
    return this.#transaction(() => {
      const role = this.#roleOf(user)
      if (role === null) return 'nobody'
      const taken = this.#takeKeys(user, role, keys, at, stale)
      if (!taken) return 'taken'
      const sql = 'UPDATE users SET name = $name, folded = $folded WHERE id = $user'
      run(this.#db, sql, { user, name, folded: foldedName(name) })
      run(
        this.#db,
        `UPDATE name_keys SET held_until = $heldUntil WHERE user_id = $user AND held_until IS NULL
           AND key NOT IN (SELECT value FROM json_each($keys))`,
        { user, heldUntil, keys: JSON.stringify(taken) },
      )
      return 'renamed'
    })
  }

  touch(hash: string, at: number): void {
    this.#transaction(() => {
      run(this.#db, 'UPDATE sessions SET seen = max(seen, $at) WHERE hash = $hash', { hash, at })
      run(
        this.#db,
        'UPDATE users SET seen = max(seen, $at) WHERE id = (SELECT user_id FROM sessions WHERE hash = $hash)',
        { hash, at },
      )
    })
  }

  endSession(hash: string): void {
    this.#transaction(() => {
      const ended = queryOne<{ user: string }>(
        this.#db,
        'DELETE FROM sessions WHERE hash = $hash RETURNING user_id AS user',
        { hash },
      )
      if (ended === null) return
      const lost = queryOne<{ id: string }>(
        this.#db,
        `SELECT id FROM users WHERE id = $user AND role = 'guest'
           AND NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = $user)`,
        ended,
      )
      if (lost !== null) this.#deleteUser(lost.id)
    })
  }

  forget(stale: StaleLimits): void {
    this.#transaction(() => {
      const sql = `SELECT id FROM users WHERE ${IS_STALE}`
      for (const { id } of queryAll<{ id: string }>(this.#db, sql, { ...stale })) this.#deleteUser(id)
    })
  }

  purge(before: number, limit: number): number {
    const emptied = this.#transaction(() => purgeEvents(this.#db, before, limit))
    // The last call of a purge empties nothing.
    if (emptied === 0) queryAll(this.#db, `PRAGMA incremental_vacuum(${PAGES_GIVEN_BACK})`)
    return emptied
  }

  /** Changes nothing, but writes to the disk: shows whether a disk error is over. */
  probe(): void {
    this.#transaction(() => this.#db.run(`PRAGMA user_version = ${schemaOf(this.#db)}`))
  }

  #commitEach(drafts: readonly Draft[]): CommitResult[] {
    const results: CommitResult[] = []
    for (const draft of drafts) {
      const last = results.at(-1)
      // After a disk error all later drafts fail: they must not overtake one that the client sends again.
      if (last?.result === 'failed' && last.failure.disk !== null) results.push(last)
      else results.push(...this.commit([draft]))
    }
    return results
  }

  #join(room: string, user: string, role: Role, at: number): Membership {
    run(
      this.#db,
      `INSERT INTO members (user_id, room, role, read_seq, at)
       SELECT $user, room, $role, seq, $at FROM rooms WHERE room = $room ON CONFLICT DO NOTHING`,
      { room, user, role, at },
    )
    const membership = queryOne<Membership>(
      this.#db,
      'SELECT room, role, read_seq AS readSeq FROM members WHERE user_id = $user AND room = $room',
      { user, room },
    )
    if (membership === null) throw new TypeError('no such room')
    return membership
  }

  /** Gives the keys to `user`, and deletes stale owners. @returns the keys; null if one is owned, and then nothing has changed */
  #takeKeys(user: string, role: Role, keys: NameKeys, at: number, stale: StaleLimits): string[] | null {
    const owners = nameOwnersOf(this.#db, keys, at, stale, user)
    if (owners.some(({ isStale }) => !isStale)) return null
    const taken = role === 'guest' ? [...keys.own] : [...keys.own, ...keys.pairs]
    for (const owner of owners) this.#deleteUser(owner.user)
    const sql = `INSERT INTO name_keys (key, user_id) VALUES ($key, $user)
      ON CONFLICT (key) DO UPDATE SET user_id = excluded.user_id, held_until = NULL`
    for (const key of taken) run(this.#db, sql, { key, user })
    return taken
  }

  /** The person's events stay, with id and name. */
  #deleteUser(user: string): void {
    for (const table of ['sessions', 'name_keys', 'members'])
      run(this.#db, `DELETE FROM ${table} WHERE user_id = $user`, { user })
    run(this.#db, 'DELETE FROM users WHERE id = $user', { user })
  }

  /** Asked inside the transaction, because the person may have signed out just before. */
  #userExists(user: string): boolean {
    return this.#roleOf(user) !== null
  }

  #roleOf(user: string): Role | null {
    const sql = 'SELECT role FROM users WHERE id = $user'
    return queryOne<{ role: Role }>(this.#db, sql, { user })?.role ?? null
  }

  #roomExists(room: string): boolean {
    return queryOne(this.#db, 'SELECT 1 FROM rooms WHERE room = $room', { room }) !== null
  }

  #transaction<T>(work: () => T): T {
    return this.#db.transaction(work).immediate()
  }
}
