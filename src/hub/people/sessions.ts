import type { Self } from '../../shared/model.ts'
import { awaitWrite } from '../answerFrames.ts'
import { keysOf } from './lookAlikeKeys.ts'
import { Names } from './names.ts'
import type { Clock, Ids, Log, Stale, Store } from '../ports.ts'

const DAY = 24 * 60 * 60 * 1000
const HOUR = 60 * 60 * 1000
/** ms after which a guest who never wrote has lost the name to whoever asks for it */
const NEVER_WROTE_AFTER = DAY
/** ms after which the use of a session is stored again */
const TOUCH_EVERY = HOUR
/** ms until a session that is online is read again, and until a failed read is retried; sessions read at once at most */
const REVALIDATE = { after: 5 * 60_000, retryAfter: 10_000, atOnce: 100 }

interface SessionsDeps {
  store: Store
  clock: Clock
  ids: Ids
  log: Log
  sessionDays: number
  siteName: string
  /** the person has a new name */
  renamed(self: Self): void
  /** the session, by its hash, is over; the person may have others */
  signedOut(session: string, user: string): void
}

/** Where a session begins, is recognised and ends: guests, known by the hashes of their sessions alone. */
export class Sessions {
  readonly #deps: SessionsDeps
  readonly names: Names
  /** session → its user, when its use was last stored, and when it was last read (ms) */
  readonly #sessions = new Map<string, { user: string; touchedAt: number; readAt: number }>()
  /** sessions that have ended, and when (ms): a socket that was being opened meanwhile must not use one */
  readonly #ended = new Map<string, number>()

  constructor(deps: SessionsDeps) {
    this.#deps = deps
    this.names = new Names({ ...deps, staleAt: (now) => this.#staleAt(now) })
  }

  /**
   * Makes a guest of a name as typed, a member of `room` from the start, or of the lobby if there is no such room.
   * @throws ChatError `nameInvalid` with a `reason`; `nameTaken`, or a reserved one, with a free name as `suggestion`;
   * `unavailable`
   */
  async signUp(typed: string, session: string, room = 'lobby'): Promise<Self> {
    const { store, ids, clock, log } = this.#deps
    const name = await this.names.clean(typed)
    const at = clock.now()
    const id = ids.next(at)
    const guest = { id, name, keys: keysOf(name), session, at, room }
    const added = await awaitWrite(store.addGuest(guest, this.#staleAt(at)), log)
    if (added === 'taken') throw await this.names.taken(name)
    this.#sessions.set(session, { user: id, touchedAt: at, readAt: at })
    return { id, name, role: 'guest' }
  }

  /** The person of a session, or null. Stores once an hour that it was used. Rejects if the store cannot be read. */
  async whoIs(session: string): Promise<Self | null> {
    const now = this.#deps.clock.now()
    const row = await this.#deps.store.session(session)
    if (!row || row.seen < this.#staleAt(now).inactiveBefore) return null
    this.#sessions.set(session, { user: row.user.id, touchedAt: row.seen, readAt: now })
    this.#touchSession(session, now)
    return row.user
  }

  /**
   * Ends a session and its sockets; a guest whose last one it was is gone at once, from every room and screen.
   * @returns false, and nothing was written: there is no such session
   */
  async signOut(session: string): Promise<boolean> {
    const { store, clock, log } = this.#deps
    const row = await store.session(session)
    if (!row) return false
    await awaitWrite(store.endSession(session), log)
    this.#sessions.delete(session)
    this.#ended.set(session, clock.now())
    this.#deps.signedOut(session, row.user.id)
    return true
  }

  /** Was this session ended within the last hour? */
  hasEnded(session: string): boolean {
    return this.#ended.has(session)
  }

  /**
   * Each second: reads some of the online sessions that were not read for five minutes. A session that another process
   * has ended ends here as well (S15). Never rejects.
   * @param online the session of each connection
   */
  async revalidateSessions(online: Iterable<string>): Promise<void> {
    const now = this.#deps.clock.now()
    const due: string[] = []
    for (const session of online) {
      const known = this.#sessions.get(session)
      if (!known || now - known.readAt < REVALIDATE.after) continue
      known.readAt = now
      if (due.push(session) >= REVALIDATE.atOnce) break
    }
    for (const [at, session] of due.entries()) {
      const user = this.#sessions.get(session)?.user
      try {
        if (user === undefined || (await this.whoIs(session))) continue
      } catch (error) {
        // While the disk is in trouble, nobody is signed out.
        this.#deps.log.error('session', error)
        for (const unread of due.slice(at)) {
          const known = this.#sessions.get(unread)
          if (known) known.readAt = now - REVALIDATE.after + REVALIDATE.retryAfter
        }
        return
      }
      this.#sessions.delete(session)
      this.#deps.signedOut(session, user)
    }
  }

  /**
   * Each hour: stores that the online sessions are in use, and releases names and sessions that are stale. Never rejects.
   * @param online the session of each connection
   */
  async hourly(online: Iterable<string>): Promise<void> {
    const { store, clock, log } = this.#deps
    const now = clock.now()
    const onlineNow = new Set(online)
    this.names.hourly(now)
    for (const session of this.#sessions.keys()) {
      if (onlineNow.has(session)) this.#touchSession(session, now)
      else this.#sessions.delete(session)
    }
    for (const [session, at] of this.#ended) if (at <= now - HOUR) this.#ended.delete(session)
    try {
      // After `touch` above: the store keeps the order of writes.
      await store.forget(this.#staleAt(now))
    } catch (error) {
      log.error('forget', error)
    }
  }

  #touchSession(session: string, now: number): void {
    const known = this.#sessions.get(session)
    if (!known || now - known.touchedAt < TOUCH_EVERY) return
    known.touchedAt = now
    this.#deps.store.touch(session, now).catch((error: unknown) => this.#deps.log.error('touch', error))
  }

  #staleAt(now: number): Stale {
    return { inactiveBefore: now - this.#deps.sessionDays * DAY, neverWroteBefore: now - NEVER_WROTE_AFTER }
  }
}
