import { ChatError } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { Draft, HubDeps, Outcome } from '../ports.ts'
import { BatchPace, ENOUGH_MESSAGES } from './batchPace.ts'
import type { Feed } from './feed.ts'

interface QueuedDraft {
  draft: Draft
  answer(outcome: Outcome): void
}

/**
 * The only way into a log. While one batch is written the next one fills, so a slower disk makes larger batches. In
 * one turn of the loop all events of a batch are published in seq order, then all its drafts are answered.
 */
export class WriterQueue {
  readonly #deps: HubDeps & { feed: Feed }
  readonly #pace = new BatchPace()
  #queued: QueuedDraft[] = []
  #running: Promise<void> | null = null
  /** ends the wait for a tick early; null while nothing waits */
  #endTick: (() => void) | null = null

  constructor(deps: HubDeps & { feed: Feed }) {
    this.#deps = deps
  }

  get length(): number {
    return this.#queued.length
  }

  /**
   * Takes a draft; `answer` is called once, in a later turn.
   * @throws ChatError `overloaded`; then nothing was taken
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
    const { clock } = this.#deps
    while (this.#queued.length > 0) {
      const wait = this.#pace.wait(clock.elapsed())
      if (wait > 0 && this.#queued.length < ENOUGH_MESSAGES) await this.#waitForTick(wait)
      this.#pace.batchBegins(clock.elapsed())
      await this.#write(this.#queued.splice(0, LIMITS.batch))
    }
    this.#running = null
  }

  async #waitForTick(ms: number): Promise<void> {
    const enough = new Promise<void>((resolve) => (this.#endTick = resolve))
    await Promise.race([this.#deps.clock.wait(ms), enough])
    this.#endTick = null
  }

  async #write(batch: readonly QueuedDraft[]): Promise<void> {
    const { clock, doorbell, feed } = this.#deps
    const outcomes = await this.#commit(batch)
    const events = batch.flatMap(({ draft: { room } }, i) => {
      const outcome = outcomes[i]
      return outcome?.result === 'stored' ? [{ room, event: outcome.event }] : []
    })
    const gapsFilled = feed.fillGaps(events)
    if (gapsFilled) await gapsFilled

    // Nothing may be awaited from here on: frames published in one turn share one write per socket.
    for (const { room, event } of events) feed.show(room, event)
    batch.forEach(({ answer }, i) => answer(outcomes[i] ?? { result: 'failed' }))
    const deliveries = events.reduce((sum, { room }) => sum + feed.watchers(room), 0)
    this.#pace.record(clock.elapsed(), batch.length, deliveries)
    if (events.length > 0) doorbell.ring(new Map(events.map(({ room, event }) => [room, event.seq])))
  }

  async #commit(batch: readonly QueuedDraft[]): Promise<Outcome[]> {
    try {
      return await this.#deps.store.commit(batch.map(({ draft }) => draft))
    } catch (error) {
      this.#deps.log.error('commit', error)
      return []
    }
  }
}
