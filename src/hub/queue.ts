import { ChatError } from '../shared/errors.ts'
import { LIMITS } from '../shared/limits.ts'
import type { Feed } from './feed.ts'
import type { Doorbell, Draft, Log, Outcome, Store } from './ports.ts'

interface Waiting {
  draft: Draft
  answer(outcome: Outcome): void
}

/**
 * The one way into a log. One batch is in flight; while it commits the next one fills, so that its size follows the disk
 * and no timer is needed. Of each batch every event is published in seq order, then every draft is answered, all in one
 * turn of the loop.
 */
export class WriterQueue {
  readonly #store: Pick<Store, 'commit'>
  readonly #feed: Feed
  readonly #doorbell: Pick<Doorbell, 'ring'>
  readonly #log: Log
  #waiting: Waiting[] = []
  #running: Promise<void> | null = null

  constructor(store: Pick<Store, 'commit'>, feed: Feed, doorbell: Pick<Doorbell, 'ring'>, log: Log) {
    this.#store = store
    this.#feed = feed
    this.#doorbell = doorbell
    this.#log = log
  }

  /** Drafts that wait for their batch. */
  get length(): number {
    return this.#waiting.length
  }

  /**
   * Takes a draft; `answer` is called once, in a later turn.
   * @throws ChatError `overloaded`, and nothing was taken
   */
  push(draft: Draft, answer: (outcome: Outcome) => void): void {
    if (this.#waiting.length >= LIMITS.queue) throw new ChatError('overloaded')
    this.#waiting.push({ draft, answer })
    this.#running ??= this.#run()
  }

  /** Resolves when everything pushed so far, and meanwhile, is answered. */
  async flush(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, LIMITS.batch)
      this.#waiting = this.#waiting.slice(LIMITS.batch)
      const outcomes = await this.#commit(batch)
      const filled = this.#feed.fill(firstsOf(batch, outcomes))
      if (filled) await filled
      this.#finish(batch, outcomes)
    }
    this.#running = null
  }

  async #commit(batch: readonly Waiting[]): Promise<Outcome[]> {
    try {
      return await this.#store.commit(batch.map(({ draft }) => draft))
    } catch (error) {
      this.#log.error('commit', error)
      return batch.map(() => ({ result: 'failed' }))
    }
  }

  /** Without an `await`: what is published in one turn shares one write a socket. */
  #finish(batch: readonly Waiting[], outcomes: readonly Outcome[]): void {
    const heads = new Map<string, number>()
    batch.forEach(({ draft: { room } }, i) => {
      const outcome = outcomes[i]
      if (outcome?.result !== 'stored') return
      this.#feed.show(room, outcome.event)
      heads.set(room, outcome.event.seq)
    })
    batch.forEach(({ answer }, i) => answer(outcomes[i] ?? { result: 'failed' }))
    if (heads.size > 0) this.#doorbell.ring(heads)
  }
}

/** The first seq that a batch brought to each room. */
function firstsOf(batch: readonly Waiting[], outcomes: readonly Outcome[]): Map<string, number> {
  const firsts = new Map<string, number>()
  batch.forEach(({ draft: { room } }, i) => {
    const outcome = outcomes[i]
    if (outcome?.result === 'stored' && !firsts.has(room)) firsts.set(room, outcome.event.seq)
  })
  return firsts
}
