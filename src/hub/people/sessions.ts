import { ChatError, type ErrorDetails } from '../../shared/errors.ts'
import type { Self } from '../../shared/model.ts'
import { cleanName, NAME_FAULTS, type NameFault } from '../../shared/names.ts'
import { awaitWrite } from '../answerFrames.ts'
import { keysOf, reservedNames } from './lookAlikeKeys.ts'
import type { Clock, Ids, Log, Stale, Store } from '../ports.ts'

const DAY = 24 * 60 * 60 * 1000
const HOUR = 60 * 60 * 1000
/** Suggested in place of a reserved name. */
const RESERVED_SUGGESTION = 'Visitor'
/** A renaming: how long (ms) until the next, how many a day (I6), and how long the old name is kept (ms). */
const RENAME = { every: 30_000, perDay: 5, held: DAY }
/** ms after which a guest who never wrote has lost the name to whoever asks for it */
const NEVER_WROTE_AFTER = DAY
/** ms after which the use of a session is stored again */
const TOUCH_EVERY = HOUR
/** ms until a session that is online is read again, and until a failed read is retried; sessions read at once at most */
const REVALIDATE = { after: 5 * 60_000, retryAfter: 10_000, atOnce: 100 }

interface PeopleDeps {
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

/** Guests, their names and their sessions. Sessions are known by their hashes alone. */
export class PeopleRegistry {
  readonly #deps: PeopleDeps
  readonly #isReserved: (name: string) => boolean
  /** session → its user, when its use was last stored, and when it was last read (ms) */
  readonly #sessions = new Map<string, { user: string; touchedAt: number; readAt: number }>()
  /** sessions that have ended, and when (ms): a socket that was being opened meanwhile must not use one */
  readonly #ended = new Map<string, number>()
  /** user → times of renaming (ms) within a day */
  readonly #renamings = new Map<string, number[]>()

  constructor(deps: PeopleDeps) {
    this.#deps = deps
    this.#isReserved = reservedNames(deps.siteName)
  }

  /**
   * Makes a guest of a name as typed, a member of `room` from the start, or of the lobby if there is no such room.
   * @throws ChatError `nameInvalid` with a `reason`; `nameTaken`, or a reserved one, with a free name as `suggestion`;
   * `unavailable`
   */
  async signUp(typed: string, session: string, room = 'lobby'): Promise<Self> {
    const { store, ids, clock, log } = this.#deps
    const name = await this.#cleaned(typed)
    const at = clock.now()
    const id = ids.next(at)
    const guest = { id, name, keys: keysOf(name), session, at, room }
    const added = await awaitWrite(store.addGuest(guest, this.#stale(at)), log)
    if (added === 'taken') throw await this.#taken(name)
    this.#sessions.set(session, { user: id, touchedAt: at, readAt: at })
    return { id, name, role: 'guest' }
  }

  /** The person of a session, or null. Stores once an hour that it was used. Rejects if the store cannot be read. */
  async whoIs(session: string): Promise<Self | null> {
    const now = this.#deps.clock.now()
    const row = await this.#deps.store.session(session)
    if (!row || row.seen < this.#stale(now).inactiveBefore) return null
    this.#sessions.set(session, { user: row.user.id, touchedAt: row.seen, readAt: now })
    this.#touchSession(session, now)
    return row.user
  }

  /**
   * Gives a person another name; the old one stays theirs for a day.
   * @throws ChatError as `signUp`; `rateLimited` with `after` (ms); `unauthenticated` for a person who has signed out
   */
  async rename(self: Self, typed: string): Promise<Self> {
    const { store, clock, log } = this.#deps
    const name = await this.#cleaned(typed, self.id)
    if (name === self.name) return self
    const at = clock.now()
    const times = this.#renamingsOf(self.id, at)
    times.push(at)
    try {
      const [keys, held] = [keysOf(name), at + RENAME.held]
      const renamed = await awaitWrite(store.rename(self.id, name, keys, at, held, this.#stale(at)), log)
      if (renamed === 'nobody') throw new ChatError('unauthenticated')
      if (renamed === 'taken') throw await this.#taken(name, self.id)
    } catch (error) {
      times.splice(times.indexOf(at), 1)
      throw error
    }
    const renamedSelf = { ...self, name }
    this.#deps.renamed(renamedSelf)
    return renamedSelf
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
    for (const [user, times] of this.#renamings)
      if (times.every((at) => at <= now - DAY)) this.#renamings.delete(user)
    for (const session of this.#sessions.keys()) {
      if (onlineNow.has(session)) this.#touchSession(session, now)
      else this.#sessions.delete(session)
    }
    for (const [session, at] of this.#ended) if (at <= now - HOUR) this.#ended.delete(session)
    try {
      // After `touch` above: the store keeps the order of writes.
      await store.forget(this.#stale(now))
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

  #stale(now: number): Stale {
    return { inactiveBefore: now - this.#deps.sessionDays * DAY, neverWroteBefore: now - NEVER_WROTE_AFTER }
  }

  /** @param user whose name it may be already */
  async #cleaned(typed: string, user?: string): Promise<string> {
    const cleaned = cleanName(typed)
    if ('fault' in cleaned) throw nameInvalid(cleaned.fault)
    if (this.#isReserved(cleaned.name))
      throw nameInvalid('reserved', await this.#suggestion(RESERVED_SUGGESTION, user, ''))
    return cleaned.name
  }

  async #taken(name: string, user?: string): Promise<ChatError> {
    return new ChatError('nameTaken', undefined, await this.#suggestion(name, user))
  }

  /** A free name that begins so; none, where nothing near is free. */
  async #suggestion(name: string, user?: string, ...first: string[]): Promise<{ suggestion?: string }> {
    const { store, clock, ids } = this.#deps
    const now = clock.now()
    for (const end of [...first, '2', '3', '4', '5', '6', '7', '8', '9', ids.random(4)]) {
      const suggestion = shortened(name, end)
      if (suggestion === null || this.#isReserved(suggestion)) continue
      if (!(await store.nameTaken(keysOf(suggestion), now, this.#stale(now), user))) return { suggestion }
    }
    return {}
  }

  /** The times of somebody's renamings within a day. @throws ChatError `rateLimited` if there may be none now */
  #renamingsOf(user: string, now: number): number[] {
    const times = (this.#renamings.get(user) ?? []).filter((at) => at > now - DAY)
    const last = times.at(-1)
    const [first] = times
    const after = Math.max(
      last === undefined ? 0 : last + RENAME.every - now,
      first === undefined || times.length < RENAME.perDay ? 0 : first + DAY - now,
    )
    if (after > 0) throw new ChatError('rateLimited', undefined, { after })
    this.#renamings.set(user, times)
    return times
  }
}

const nameInvalid = (reason: NameFault, details: ErrorDetails = {}) =>
  new ChatError('nameInvalid', NAME_FAULTS[reason], { ...details, reason })

/** The name with something behind it, cut so that it can be one; null if it cannot. */
function shortened(name: string, end: string): string | null {
  const graphemes = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(name)]
  for (let kept = graphemes.length; kept > 0; kept -= 1) {
    const start = graphemes.slice(0, kept).map(({ segment }) => segment)
    const cleaned = cleanName(`${start.join('').trimEnd()}${end}`)
    if ('name' in cleaned) return cleaned.name
    if (cleaned.fault !== 'long') return null
  }
  return null
}
