import type { Self } from '../../shared/model.ts'
import { awaitWrite } from '../answerFrames.ts'
import type { HubDeps, StaleLimits } from '../ports.ts'
import { keysOf } from './lookAlikeKeys.ts'
import { Names } from './names.ts'

const DAY = 24 * 60 * 60 * 1000
const HOUR = 60 * 60 * 1000
/** ms after which another person may take the name of a guest who never wrote */
const NEVER_WROTE_AFTER = DAY
/** ms after which the use of a session is stored again */
const TOUCH_EVERY = HOUR
/** ms until a session that is online is read again, and how many sessions are read in one second */
const REVALIDATE = { after: 5 * 60_000, perTick: 100 }

interface SessionsDeps extends HubDeps {
  renamed(self: Self): void
  /** the session, by its hash, is over; the person may have others */
  signedOut(session: string, user: string): void
}

/** Where a session begins, is recognised and ends. Guests are known only by the hashes of their sessions. */
export class Sessions {
  readonly #deps: SessionsDeps
  readonly names: Names
  /** when sessions were last read, ms of `Clock.elapsed` */
  readonly #readAt = new Map<string, number>()
  /** sessions that have ended, and when (ms of `Clock.elapsed`): a socket that is just being opened must not use them */
  readonly #ended = new Map<string, number>()

  constructor(deps: SessionsDeps) {
    this.#deps = deps
    this.names = new Names({ ...deps, staleAt: (now) => this.#staleAt(now) })
  }

  /**
   * Makes a guest, who is a member of `room` from the start, or of the lobby if there is no such room.
   * @throws ChatError `nameInvalid` with a `reason`, and a free name as `suggestion` if the name is reserved; `nameTaken` with
   * a `suggestion`; `unavailable`
   */
  async signUp(typed: string, session: string, room = 'lobby'): Promise<Self> {
    const { store, ids, clock, expiry, log } = this.#deps
    const name = await this.names.clean(typed)
    const at = clock.now()
    const id = ids.next(at)
    const heldAt = expiry.now()
    const guest = { id, name, keys: keysOf(name), session, at, heldAt, room }
    const added = await awaitWrite(store.addGuest(guest, this.#staleAt(heldAt)), log)
    if (added === 'taken') throw await this.names.taken(name)
    return { id, name, role: 'guest' }
  }

  /** The person of a session, or null. Stores once an hour that it was used. Rejects if the store cannot be read. */
  async whoIs(session: string): Promise<Self | null> {
    const { store, clock, expiry, log } = this.#deps
    const now = expiry.now()
    const row = await store.session(session)
    if (!row || row.seen < this.#staleAt(now).inactiveBefore) return null
    // While the clock is in doubt `now` is 0, and no wrong time is stored.
    this.#readAt.set(session, clock.elapsed())
    if (now - row.seen >= TOUCH_EVERY)
      store.touch(session, now).catch((error: unknown) => log.error('touch', error))
    return row.user
  }

  /**
   * Ends a session and its sockets. With the last session its guest leaves every room at once.
   * @returns false if there is no such session; then nothing was written
   */
  async signOut(session: string): Promise<boolean> {
    const { store, clock, log } = this.#deps
    const row = await store.session(session)
    if (!row) return false
    await awaitWrite(store.endSession(session), log)
    this.#ended.set(session, clock.elapsed())
    this.#deps.signedOut(session, row.user.id)
    return true
  }

  /** Has this process ended the session? It remembers that for one to two hours. */
  hasEnded(session: string): boolean {
    return this.#ended.has(session)
  }

  /**
   * Each second: reads some of the sessions that were not read for five minutes. Another process may have ended them (S15),
   * and a session in use must not become stale. Never rejects.
   * @param online the session of each connection → its user
   */
  async revalidate(online: ReadonlyMap<string, string>): Promise<void> {
    const { clock, log, signedOut } = this.#deps
    const now = clock.elapsed()
    for (const session of this.#readAt.keys()) if (!online.has(session)) this.#readAt.delete(session)
    const isDue = (session: string) => now - (this.#readAt.get(session) ?? -Infinity) >= REVALIDATE.after
    for (const [session, user] of [...online].filter(([key]) => isDue(key)).slice(0, REVALIDATE.perTick)) {
      this.#readAt.set(session, now)
      try {
        if (!(await this.whoIs(session))) signedOut(session, user)
      } catch (error) {
        // A disk that cannot be read signs nobody out: the session is read again in five minutes.
        log.error('session', error)
      }
    }
  }

  /** Each hour: ends stale sessions. Never rejects. */
  async hourly(): Promise<void> {
    const { store, clock, expiry, log } = this.#deps
    const now = clock.elapsed()
    for (const [session, at] of this.#ended) if (at <= now - HOUR) this.#ended.delete(session)
    try {
      await store.forget(this.#staleAt(expiry.now()))
    } catch (error) {
      log.error('forget', error)
    }
  }

  #staleAt(now: number): StaleLimits {
    return {
      inactiveBefore: now - this.#deps.settings.sessionDays * DAY,
      neverWroteBefore: now - NEVER_WROTE_AFTER,
    }
  }
}
