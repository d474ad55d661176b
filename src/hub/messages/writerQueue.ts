import { ChatError } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { Feed } from './feed.ts'
import { ENOUGH_MESSAGES, BatchPace } from './batchPace.ts'
import type { Clock, Doorbell, Draft, Log, Outcome, Store } from '../ports.ts'

interface WriterQueueDeps {
  store: Pick<Store, 'commit'>
  feed: Feed
  doorbell: Pick<Doorbell, 'ring'>
  clock: Clock
  log: Log
}

interface QueuedDraft {
  draft: Draft
  answer(outcome: Outcome): void
}

/**
 * The only way into a log. One batch is in flight; meanwhile the next one fills, so that its size follows the disk. Under
 * load a batch also waits for its tick (`BatchPace`), or until it holds enough messages. Of each batch all events are
 * published in seq order, then all drafts are answered, in one turn of the loop.
 */
export class WriterQueue {
  readonly #deps: WriterQueueDeps
  readonly #pace: BatchPace
  #queued: QueuedDraft[] = []
  #running: Promise<void> | null = null
  /** ends the wait for a tick early; null: no wait */
  #endTick: (() => void) | null = null

  constructor(deps: WriterQueueDeps) {
    this.#deps = deps
    this.#pace = new BatchPace()
  }

  /** How many drafts wait for their batch. */
  get length(): number {
    return this.#queued.length
  }

  /**
   * Takes a draft; `answer` is called once, in a later turn.
   * @throws ChatError `overloaded`, and nothing was taken
   */
  push(draft: Draft, answer: (outcome: Outcome) => void): void {
    if (this.#queued.length >= LIMITS.queue) throw new ChatError('overloaded')
    this.#queued.push({ draft, answer })
    if (this.#queued.length >= ENOUGH_MESSAGES) this.#endTick?.()
    this.#running ??= this.#run()
  }

  /** Resolves when all drafts are answered, those pushed meanwhile too. */
  async flush(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, feed } = this.#deps
    while (this.#queued.length > 0) {
      const wait = this.#pace.wait(clock.elapsed())
      if (wait > 0 && this.#queued.length < ENOUGH_MESSAGES) await this.#waitForTick(wait)
      this.#pace.batchBegins(clock.elapsed())
      const batch = this.#queued.slice(0, LIMITS.batch)
      this.#queued = this.#queued.slice(LIMITS.batch)
      const outcomes = await this.#commit(batch)
      const gapsFilled = feed.fillGaps(firstSeqs(batch, outcomes))
      if (gapsFilled) await gapsFilled
      this.#finish(batch, outcomes)
    }
    this.#running = null
  }

  async #waitForTick(ms: number): Promise<void> {
    const enough = new Promise<void>((resolve) => (this.#endTick = resolve))
    await Promise.race([this.#deps.clock.wait(ms), enough])
    this.#endTick = null
  }

  async #commit(batch: readonly QueuedDraft[]): Promise<Outcome[]> {
    try {
      return await this.#deps.store.commit(batch.map(({ draft }) => draft))
    } catch (error) {
      this.#deps.log.error('commit', error)
      return batch.map(() => ({ result: 'failed' }))
    }
  }

  /** Never awaits: frames published in one turn share one write per socket. */
  #finish(batch: readonly QueuedDraft[], outcomes: readonly Outcome[]): void {
    const { clock, doorbell, feed } = this.#deps
    const heads = new Map<string, number>()
    let deliveries = 0
    batch.forEach(({ draft: { room } }, i) => {
      const outcome = outcomes[i]
      if (outcome?.result !== 'stored') return
      feed.show(room, outcome.event)
      deliveries += feed.watchers(room)
      heads.set(room, outcome.event.seq)
    })
    batch.forEach(({ answer }, i) => answer(outcomes[i] ?? { result: 'failed' }))
    this.#pace.record(clock.elapsed(), batch.length, deliveries)
    if (heads.size > 0) doorbell.ring(heads)
  }
}

/** The first seq that a batch brought to each room. */
function firstSeqs(batch: readonly QueuedDraft[], outcomes: readonly Outcome[]): Map<string, number> {
  const firsts = new Map<string, number>()
  batch.forEach(({ draft: { room } }, i) => {
    const outcome = outcomes[i]
    if (outcome?.result === 'stored' && !firsts.has(room)) firsts.set(room, outcome.event.seq)
  })
  return firsts
}
