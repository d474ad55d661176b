/** Names of people: which may be taken, which free one to suggest, and how often a person may be renamed. */
import { ChatError, type ErrorDetails, type NameFault } from '../../shared/errors.ts'
import type { Self } from '../../shared/model.ts'
import { graphemesOf } from '../../shared/text.ts'
import { awaitWrite } from '../answerFrames.ts'
import type { HubDeps, StaleLimits } from '../ports.ts'
import { Buckets } from '../rateLimit.ts'
import { cleanName, NAME_FAULTS } from './cleanName.ts'
import { keysOf, reservedNames } from './lookAlikeKeys.ts'

/** Renamings of a person: one in 30 s, and five a day (I6). */
const RENAME_RATES = [
  { perSecond: 1 / 30, burst: 1 },
  { perSecond: 5 / (24 * 60 * 60), burst: 5 },
]
/** ms for which a person's old name stays reserved for them */
const OLD_NAME_HELD = 24 * 60 * 60 * 1000

interface NamesDeps extends HubDeps {
  /** which names and sessions are stale at a time (ms) */
  staleAt(now: number): StaleLimits
  renamed(self: Self): void
}

export class Names {
  readonly #deps: NamesDeps
  readonly #isReserved: (name: string) => boolean
  readonly #renamings = RENAME_RATES.map((rate) => new Buckets(rate))

  constructor(deps: NamesDeps) {
    this.#deps = deps
    this.#isReserved = reservedNames(deps.settings.siteName)
  }

  /**
   * Gives a person another name; the old one stays theirs for a day.
   * @throws ChatError as `Sessions.signUp`; `rateLimited` with `after` (ms); `unauthenticated` for a person who has signed out
   */
  async rename(self: Self, typed: string): Promise<Self> {
    const { store, clock, expiry, log, staleAt } = this.#deps
    const name = await this.clean(typed, self.id)
    if (name === self.name) return self
    const [at, now] = [clock.now(), clock.elapsed()]
    const after = Math.max(...this.#renamings.map((buckets) => buckets.wait(self.id, now)))
    if (after > 0) throw new ChatError('rateLimited', undefined, { after })
    for (const buckets of this.#renamings) buckets.charge(self.id, now, 1)
    try {
      const heldAt = expiry.now()
      const write = store.rename(self.id, name, keysOf(name), heldAt, at + OLD_NAME_HELD, staleAt(heldAt))
      const result = await awaitWrite(write, log)
      if (result === 'nobody') throw new ChatError('unauthenticated')
      if (result === 'taken') throw await this.taken(name, self.id)
    } catch (error) {
      for (const buckets of this.#renamings) buckets.give(self.id)
      throw error
    }
    const renamed = { ...self, name }
    this.#deps.renamed(renamed)
    return renamed
  }

  /**
   * Cleans a name as typed.
   * @param user the person to be renamed: a suggestion may be a name they hold
   * @throws ChatError `nameInvalid` with a `reason`, and with a `suggestion` if the name is reserved
   */
  async clean(typed: string, user?: string): Promise<string> {
    const cleaned = cleanName(typed)
    if ('fault' in cleaned) throw nameInvalid(cleaned.fault)
    if (this.#isReserved(cleaned.name))
      throw nameInvalid('reserved', await this.#suggestion('Visitor', user, ''))
    return cleaned.name
  }

  /** The error for a name that is taken, with a free name as `suggestion`. */
  async taken(name: string, user?: string): Promise<ChatError> {
    return new ChatError('nameTaken', undefined, await this.#suggestion(name, user))
  }

  /** A free name that begins with `name`, if there is one. @param first endings to try before the digits */
  async #suggestion(name: string, user?: string, ...first: string[]): Promise<{ suggestion?: string }> {
    const { store, expiry, ids, staleAt } = this.#deps
    const now = expiry.now()
    for (const end of [...first, '2', '3', '4', '5', '6', '7', '8', '9', ids.random(4)]) {
      const suggestion = withEnding(name, end)
      if (suggestion === null || this.#isReserved(suggestion)) continue
      if (!(await store.nameTaken(keysOf(suggestion), now, staleAt(now), user))) return { suggestion }
    }
    return {}
  }
}

const nameInvalid = (reason: NameFault, details: ErrorDetails = {}) =>
  new ChatError('nameInvalid', NAME_FAULTS[reason], { ...details, reason })

/** The name with an ending, cut to the longest that a name may be; null if the result is not a valid name. */
function withEnding(name: string, end: string): string | null {
  const graphemes = graphemesOf(name)
  for (let kept = graphemes.length; kept > 0; kept -= 1) {
    const cleaned = cleanName(`${graphemes.slice(0, kept).join('').trimEnd()}${end}`)
    if ('name' in cleaned) return cleaned.name
    if (cleaned.fault !== 'long') return null
  }
  return null
}
