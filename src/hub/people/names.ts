/** Names of people: which may be taken, which free one to suggest, and how often a person may be renamed. */
import { ChatError, type ErrorDetails } from '../../shared/errors.ts'
import type { Self } from '../../shared/model.ts'
import { cleanName, NAME_FAULTS, type NameFault } from '../../shared/names.ts'
import { awaitWrite } from '../answerFrames.ts'
import type { Clock, Ids, Log, Stale, Store } from '../ports.ts'
import { keysOf, reservedNames } from './lookAlikeKeys.ts'

const DAY = 24 * 60 * 60 * 1000
/** Suggested in place of a reserved name. */
const RESERVED_SUGGESTION = 'Visitor'
/** A renaming: how long (ms) until the next, how many a day (I6), and how long the old name is kept (ms). */
const RENAME = { every: 30_000, perDay: 5, held: DAY }

interface NamesDeps {
  store: Store
  clock: Clock
  ids: Ids
  log: Log
  siteName: string
  /** Which names and sessions are stale at this time (ms). */
  staleAt(now: number): Stale
  /** the person has a new name */
  renamed(self: Self): void
}

export class Names {
  readonly #deps: NamesDeps
  readonly #isReserved: (name: string) => boolean
  /** user → times of renaming (ms) within a day */
  readonly #renamings = new Map<string, number[]>()

  constructor(deps: NamesDeps) {
    this.#deps = deps
    this.#isReserved = reservedNames(deps.siteName)
  }

  /**
   * Gives a person another name; the old one stays theirs for a day.
   * @throws ChatError as `Sessions.signUp`; `rateLimited` with `after` (ms); `unauthenticated` for a person who has signed out
   */
  async rename(self: Self, typed: string): Promise<Self> {
    const { store, clock, log } = this.#deps
    const name = await this.clean(typed, self.id)
    if (name === self.name) return self
    const at = clock.now()
    const times = this.#renamingsOf(self.id, at)
    times.push(at)
    try {
      const [keys, held] = [keysOf(name), at + RENAME.held]
      const renamed = await awaitWrite(
        store.rename(self.id, name, keys, at, held, this.#deps.staleAt(at)),
        log,
      )
      if (renamed === 'nobody') throw new ChatError('unauthenticated')
      if (renamed === 'taken') throw await this.taken(name, self.id)
    } catch (error) {
      times.splice(times.indexOf(at), 1)
      throw error
    }
    const renamedSelf = { ...self, name }
    this.#deps.renamed(renamedSelf)
    return renamedSelf
  }

  /** Forgets renamings that limit nobody any more. */
  hourly(now: number): void {
    for (const [user, times] of this.#renamings)
      if (times.every((at) => at <= now - DAY)) this.#renamings.delete(user)
  }

  /**
   * A name as typed, cleaned.
   * @param user whose name it may be already
   * @throws ChatError `nameInvalid` with a `reason`, for a reserved one with a `suggestion`
   */
  async clean(typed: string, user?: string): Promise<string> {
    const cleaned = cleanName(typed)
    if ('fault' in cleaned) throw nameInvalid(cleaned.fault)
    if (this.#isReserved(cleaned.name))
      throw nameInvalid('reserved', await this.#suggestion(RESERVED_SUGGESTION, user, ''))
    return cleaned.name
  }

  /** The refusal of a name that somebody has, with a free one. */
  async taken(name: string, user?: string): Promise<ChatError> {
    return new ChatError('nameTaken', undefined, await this.#suggestion(name, user))
  }

  /** A free name that begins so; none, where nothing near is free. */
  async #suggestion(name: string, user?: string, ...first: string[]): Promise<{ suggestion?: string }> {
    const { store, clock, ids } = this.#deps
    const now = clock.now()
    for (const end of [...first, '2', '3', '4', '5', '6', '7', '8', '9', ids.random(4)]) {
      const suggestion = shortened(name, end)
      if (suggestion === null || this.#isReserved(suggestion)) continue
      if (!(await store.nameTaken(keysOf(suggestion), now, this.#deps.staleAt(now), user)))
        return { suggestion }
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
