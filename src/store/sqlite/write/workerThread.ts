import { OperatorError } from '../../../lib/operatorError.ts'
import { assertNever } from '../../../shared/assert.ts'
import {
  type AsyncWriter,
  WriteError,
  type WriteFailure,
  type WriterCall,
  type WriteResult,
} from './inlineWriter.ts'
import type { Writer } from './writer.ts'

/** Requests and replies travel as JSON, at half the cost of a structured clone: an absent argument arrives as null. */
export type WriterRequest =
  { order: 'open'; dir: string } | { order: 'write'; id: number; call: WriterCall } | { order: 'close' }

export type WriterReply =
  | { answer: 'opened'; from: number; snapshot: string | null }
  | { answer: 'refused'; exitCode: 1 | 2 | 3 | 4; message: string }
  | { answer: 'written'; id: number; value: unknown; failures: WriteFailure[] }
  | { answer: 'failed'; id: number; failure: WriteFailure }
  | { answer: 'closed'; failure: WriteFailure | null }

type OpenedSchema = Pick<Extract<WriterReply, { answer: 'opened' }>, 'from' | 'snapshot'>

/** The worker `sqlite.worker.ts`, as the main thread sees it. */
export class WriterThread implements AsyncWriter {
  readonly #worker: Worker
  readonly #onDeath: (error: Error) => void
  readonly #pending = new Map<number, PromiseWithResolvers<WriteResult<unknown>>>()
  readonly #opened = Promise.withResolvers<OpenedSchema>()
  readonly #ended = Promise.withResolvers<void>()
  #state: 'opening' | 'open' | 'closing' | 'ended' = 'opening'
  #lastId = 0
  #closeFailure: WriteFailure | null = null

  constructor(url: URL | string, onDeath: (error: Error) => void) {
    this.#onDeath = onDeath
    // A small heap: SQLite's memory lies outside of it.
    this.#worker = new Worker(url, { smol: true })
    this.#worker.onmessage = ({ data }: MessageEvent<string>) =>
      this.#onReply(JSON.parse(data) as WriterReply)
    this.#worker.addEventListener('error', ({ message }) => this.#onEnd(new Error(message)))
    this.#worker.addEventListener('close', () => this.#onEnd(new Error('the writer has ended')))
  }

  /** @throws OperatorError if the database cannot be used; then the thread has ended */
  open(dir: string): Promise<OpenedSchema> {
    this.#post({ order: 'open', dir })
    return this.#opened.promise
  }

  write<M extends keyof Writer>(
    method: M,
    ...args: Parameters<Writer[M]>
  ): Promise<WriteResult<ReturnType<Writer[M]>>> {
    const id = (this.#lastId += 1)
    const pending = Promise.withResolvers<WriteResult<unknown>>()
    this.#pending.set(id, pending)
    this.#post({ order: 'write', id, call: { method, args } as WriterCall })
    // The worker answers a call with the value of its own method.
    return pending.promise as Promise<WriteResult<ReturnType<Writer[M]>>>
  }

  async close(): Promise<WriteFailure | null> {
    if (this.#state === 'opening' || this.#state === 'open') {
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
    switch (reply.answer) {
      case 'opened':
        this.#state = 'open'
        return this.#opened.resolve(reply)
      case 'refused':
        this.#state = 'closing'
        return this.#opened.reject(new OperatorError(reply.exitCode, reply.message))
      case 'written':
        return this.#takePending(reply.id)?.resolve(reply)
      case 'failed':
        return this.#takePending(reply.id)?.reject(new WriteError(reply.failure))
      case 'closed':
        this.#closeFailure = reply.failure
        return
      default:
        return assertNever(reply)
    }
  }

  #takePending(id: number): PromiseWithResolvers<WriteResult<unknown>> | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  #onEnd(error: Error): void {
    if (this.#state === 'opening') this.#opened.reject(error)
    if (this.#state === 'open') this.#onDeath(error)
    this.#state = 'ended'
    this.#ended.resolve()
  }
}
