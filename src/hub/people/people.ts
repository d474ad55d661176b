import { ChatError, type ErrorDetails } from '../../shared/errors.ts'
import type { Self } from '../../shared/model.ts'
import { cleanName, NAME_FAULTS, type NameFault } from '../../shared/names.ts'
import { written } from '../replies.ts'
import { keysOf, reservedNames } from './nameKeys.ts'
import type { Clock, Ids, Log, Stale, Store } from '../ports.ts'

const DAY = 24 * 60 * 60 * 1000
const HOUR = 60 * 60 * 1000
/** Offered in place of a reserved name. */
const INSTEAD = 'Visitor'
/** A renaming: how long (ms) until the next, how many a day (I6), and how long the old name is kept (ms). */
const RENAME = { every: 30_000, perDay: 5, held: DAY }
/** ms after which a guest who never wrote has lost the name to whoever asks for it */
const UNWRITTEN = DAY
/** ms after which the use of a session is noted again */
const TOUCH = HOUR
/** ms after which a session online is read again, and after which where that failed; how many are read in one go */
const REREAD = { after: 5 * 60_000, again: 10_000, most: 100 }

interface Deps {
  store: Store
  clock: Clock
  ids: Ids
  log: Log
  sessionDays: number
  siteName: string
  /** what open connections must learn of it */
  renamed(self: Self): void
  /** the session, by its hash, is over; the person may have others */
  signedOut(session: string, user: string): void
}

/** Guests: their names, and the sessions that make them the same people tomorrow. Sessions are known by their hashes alone. */
export class People {
  readonly #deps: Deps
  readonly #isReserved: (name: string) => boolean
  /** session → whose it is, when its use was last noted, and when it was last read (ms) */
  readonly #sessions = new Map<string, { user: string; noted: number; read: number }>()
  /** sessions that were ended, and when (ms): a socket that was under way meanwhile is not theirs any more */
  readonly #ended = new Map<string, number>()
  /** user → times of renaming (ms) within a day */
  readonly #renamings = new Map<string, number[]>()

  constructor(deps: Deps) {
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
    const added = await written(store.addGuest(guest, this.#stale(at)), log)
    if (added === 'taken') throw await this.#taken(name)
    this.#sessions.set(session, { user: id, noted: at, read: at })
    return { id, name, role: 'guest' }
  }

  /** Whose session this is, or null; its use is noted once an hour. Rejects if the store cannot be read. */
  async whoIs(session: string): Promise<Self | null> {
    const now = this.#deps.clock.now()
    const row = await this.#deps.store.session(session)
    if (!row || row.seen < this.#stale(now).unused) return null
    this.#sessions.set(session, { user: row.user.id, noted: row.seen, read: now })
    this.#note(session, now)
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
    const times = this.#mayRename(self.id, at)
    times.push(at)
    try {
      const [keys, held] = [keysOf(name), at + RENAME.held]
      const renamed = await written(store.rename(self.id, name, keys, at, held, this.#stale(at)), log)
      if (renamed === 'nobody') throw new ChatError('unauthenticated')
      if (renamed === 'taken') throw await this.#taken(name, self.id)
    } catch (error) {
      times.splice(times.indexOf(at), 1)
      throw error
    }
    const then = { ...self, name }
    this.#deps.renamed(then)
    return then
  }

  /**
   * Ends a session and its sockets; a guest whose last one it was is gone at once, from every room and screen.
   * @returns false, and nothing was written: there is no such session
   */
  async signOut(session: string): Promise<boolean> {
    const { store, clock, log } = this.#deps
    const row = await store.session(session)
    if (!row) return false
    await written(store.endSession(session), log)
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
   * Each second: reads again, a few at a time, the sessions online that were not read for five minutes; one that has
   * ended elsewhere ends here as well (S15). Never rejects.
   * @param online the session of each connection
   */
  async reread(online: Iterable<string>): Promise<void> {
    const now = this.#deps.clock.now()
    const due: string[] = []
    for (const session of online) {
      const known = this.#sessions.get(session)
      if (!known || now - known.read < REREAD.after) continue
      known.read = now
      if (due.push(session) >= REREAD.most) break
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
          if (known) known.read = now - REREAD.after + REREAD.again
        }
        return
      }
      this.#sessions.delete(session)
      this.#deps.signedOut(session, user)
    }
  }

  /**
   * Each hour: notes that the people online were here, and gives back the names of those who were away for long. Never rejects.
   * @param online the session of each connection
   */
  async hourly(online: Iterable<string>): Promise<void> {
    const { store, clock, log } = this.#deps
    const now = clock.now()
    const here = new Set(online)
    for (const [user, times] of this.#renamings)
      if (times.every((at) => at <= now - DAY)) this.#renamings.delete(user)
    for (const session of this.#sessions.keys()) {
      if (here.has(session)) this.#note(session, now)
      else this.#sessions.delete(session)
    }
    for (const [session, at] of this.#ended) if (at <= now - HOUR) this.#ended.delete(session)
    try {
      // Behind the notes above: the store keeps the order of writes.
      await store.forget(this.#stale(now))
    } catch (error) {
      log.error('forget', error)
    }
  }

  #note(session: string, now: number): void {
    const known = this.#sessions.get(session)
    if (!known || now - known.noted < TOUCH) return
    known.noted = now
    this.#deps.store.touch(session, now).catch((error: unknown) => this.#deps.log.error('touch', error))
  }

  #stale(now: number): Stale {
    return { unused: now - this.#deps.sessionDays * DAY, unwritten: now - UNWRITTEN }
  }

  /** @param user whose name it may be already */
  async #cleaned(typed: string, user?: string): Promise<string> {
    const cleaned = cleanName(typed)
    if ('fault' in cleaned) throw nameInvalid(cleaned.fault)
    if (this.#isReserved(cleaned.name))
      throw nameInvalid('reserved', await this.#suggestion(INSTEAD, user, ''))
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
  #mayRename(user: string, now: number): number[] {
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
