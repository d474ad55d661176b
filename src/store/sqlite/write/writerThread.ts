import { WriteError, type WriteFailure } from '../diskErrors.ts'
import type { WriteMethod, Writer, WriterHandle } from './writer.ts'

/** Requests and replies travel as JSON, at half the cost of a structured clone: an absent argument arrives as null. */
export type WriterRequest =
  | { order: 'open'; dir: string }
  | { order: 'write'; id: number; method: WriteMethod; args: readonly unknown[] }
  | { order: 'close' }

export type WriterReply =
  | { answer: 'written'; id: number; value: unknown }
  | { answer: 'failed'; id: number; failure: WriteFailure }
  | { answer: 'closed'; failure: WriteFailure | null }

/** The worker `sqlite.worker.ts`, as the main thread sees it. */
export class WriterThread implements WriterHandle {
  readonly #worker: Worker
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #ended = Promise.withResolvers<void>()
  #state: 'open' | 'closing' | 'ended' = 'open'
  #lastId = 0
  #closeFailure: WriteFailure | null = null

  constructor(url: URL | string, dir: string, onDeath: (error: Error) => void) {
    // A small heap: SQLite's memory lies outside of it.
    this.#worker = new Worker(url, { smol: true })
    this.#worker.onmessage = ({ data }: MessageEvent<string>) =>
      this.#onReply(JSON.parse(data) as WriterReply)
    const onEnd = (error: Error) => {
      if (this.#state === 'open') onDeath(error)
      this.#state = 'ended'
      this.#ended.resolve()
    }
    this.#worker.addEventListener('error', ({ message }) => onEnd(new Error(message)))
    this.#worker.addEventListener('close', () => onEnd(new Error('the writer has ended')))
    this.#post({ order: 'open', dir })
  }

  write<M extends WriteMethod>(method: M, ...args: Parameters<Writer[M]>): Promise<ReturnType<Writer[M]>> {
    const id = (this.#lastId += 1)
    const pending = Promise.withResolvers<unknown>()
    this.#pending.set(id, pending)
    this.#post({ order: 'write', id, method, args })
    // The worker answers a call with the value of its own method.
    return pending.promise as Promise<ReturnType<Writer[M]>>
  }

  async close(): Promise<WriteFailure | null> {
    if (this.#state === 'open') {
      this.#state = 'closing'
      this.#post({ order: 'close' })
    }
    await this.#ended.promise
    return this.#closeFailure
  }

  #post(request: WriterRequest): void {
    this.#worker.postMessage(JSON.stringify(request))
  }

  #onReply(reply: WriterReply): void {
    if (reply.answer === 'closed') {
      this.#closeFailure = reply.failure
      return
    }
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if (reply.answer === 'written') pending?.resolve(reply.value)
    else pending?.reject(new WriteError(reply.failure))
  }
}
