import { ChatError } from '../shared/errors.ts'
import type { Self } from '../shared/model.ts'
import { cleanName, NAME_FAULTS } from '../shared/names.ts'
import { written } from './answers.ts'
import { keysOf, reservedNames } from './nameKeys.ts'
import type { Clock, Ids, Log, Stale, Store } from './ports.ts'

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
/** ms after which the session of somebody online is read again, and how many are in one go */
const REREAD = { after: 5 * 60_000, most: 100 }

interface Deps {
  store: Store
  clock: Clock
  ids: Ids
  log: Log
  sessionDays: number
  siteName: string
  /** what open connections must learn of it */
  renamed(self: Self): void
  signedOut(user: string): void
}

/** Guests: their names, and the sessions that make them the same people tomorrow. Sessions are known by their hashes alone. */
export class People {
  readonly #deps: Deps
  readonly #isReserved: (name: string) => boolean
  /** user → the session seen last, when its use was noted, and when it was last read (ms) */
  readonly #sessions = new Map<string, { hash: string; noted: number; read: number }>()
  /** people whose session was ended, and when (ms): a socket that was under way meanwhile is not theirs any more */
  readonly #ended = new Map<string, number>()
  /** user → times of renaming (ms) within a day */
  readonly #renamings = new Map<string, number[]>()

  constructor(deps: Deps) {
    this.#deps = deps
    this.#isReserved = reservedNames(deps.siteName)
  }

  /**
   * Makes a guest of a name as typed.
   * @throws ChatError `nameInvalid` with the fault in words; `nameTaken`, or a reserved one, with a free name as `suggestion`;
   * `unavailable`
   */
  async signUp(typed: string, session: string): Promise<Self> {
    const { store, ids, clock, log } = this.#deps
    const name = await this.#cleaned(typed)
    const at = clock.now()
    const id = ids.next(at)
    const guest = { id, name, keys: keysOf(name), session, at }
    const added = await written(store.addGuest(guest, this.#stale(at)), log)
    if (added === 'taken') throw await this.#taken(name)
    this.#sessions.set(id, { hash: session, noted: at, read: at })
    return { id, name, role: 'guest' }
  }

  /** Whose session this is, or null; its use is noted once an hour. Rejects if the store cannot be read. */
  async whoIs(session: string): Promise<Self | null> {
    const now = this.#deps.clock.now()
    const row = await this.#deps.store.session(session)
    if (!row || row.seen < this.#stale(now).unused) return null
    this.#sessions.set(row.user.id, { hash: session, noted: row.seen, read: now })
    this.#note(row.user.id, now)
    return row.user
  }

  /**
   * Gives a person another name; the old one stays theirs for a day.
   * @throws ChatError as `signUp`; `rateLimited` with `after` (ms)
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
      if (renamed === 'taken') throw await this.#taken(name, self.id)
    } catch (error) {
      times.splice(times.indexOf(at), 1)
      throw error
    }
    const then = { ...self, name }
    this.#deps.renamed(then)
    return then
  }

  /** Ends a session: its person is gone at once, from every room and screen. Unknown: nothing happens. */
  async signOut(session: string): Promise<void> {
    const row = await this.#deps.store.session(session)
    await written(this.#deps.store.endSession(session), this.#deps.log)
    if (!row) return
    this.#sessions.delete(row.user.id)
    this.#ended.set(row.user.id, this.#deps.clock.now())
    this.#deps.signedOut(row.user.id)
  }

  /** Did this person sign out within the last hour? */
  hasLeft(user: string): boolean {
    return this.#ended.has(user)
  }

  /**
   * Each second: reads again, a few at a time, the sessions of those online that were not read for five minutes; whose has
   * ended elsewhere is signed out here as well (S15). Never rejects.
   */
  async reread(online: Iterable<string>): Promise<void> {
    const now = this.#deps.clock.now()
    let left = REREAD.most
    for (const user of [...online]) {
      const session = this.#sessions.get(user)
      if (!session || now - session.read < REREAD.after) continue
      if ((left -= 1) < 0) return
      session.read = now
      try {
        if (await this.whoIs(session.hash)) continue
      } catch (error) {
        // Whoever cannot be asked for stays: a disk in trouble signs nobody out.
        this.#deps.log.error('session', error)
        return
      }
      this.#sessions.delete(user)
      this.#deps.signedOut(user)
    }
  }

  /** Each hour: notes that those online were here, and gives back the names of who was not for long. Never rejects. */
  async hourly(isOnline: (user: string) => boolean): Promise<void> {
    const { store, clock, log } = this.#deps
    const now = clock.now()
    for (const [user, times] of this.#renamings)
      if (times.every((at) => at <= now - DAY)) this.#renamings.delete(user)
    for (const user of this.#sessions.keys()) {
      if (isOnline(user)) this.#note(user, now)
      else this.#sessions.delete(user)
    }
    for (const [user, at] of this.#ended) if (at <= now - HOUR) this.#ended.delete(user)
    try {
      // Behind the notes above: the store keeps the order of writes.
      await store.forget(this.#stale(now))
    } catch (error) {
      log.error('forget', error)
    }
  }

  #note(user: string, now: number): void {
    const session = this.#sessions.get(user)
    if (!session || now - session.noted < TOUCH) return
    session.noted = now
    this.#deps.store.touch(session.hash, now).catch((error: unknown) => this.#deps.log.error('touch', error))
  }

  #stale(now: number): Stale {
    return { unused: now - this.#deps.sessionDays * DAY, unwritten: now - UNWRITTEN }
  }

  /** @param user whose name it may be already */
  async #cleaned(typed: string, user?: string): Promise<string> {
    const cleaned = cleanName(typed)
    if ('fault' in cleaned) throw new ChatError('nameInvalid', NAME_FAULTS[cleaned.fault])
    if (this.#isReserved(cleaned.name))
      throw new ChatError('nameInvalid', NAME_FAULTS.reserved, await this.#suggestion(INSTEAD, user, ''))
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
