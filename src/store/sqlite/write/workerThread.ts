import { assertNever } from '../../../shared/assert.ts'
import {
  type AsyncWriter,
  WriteError,
  type WriteResult,
  type WriterReply,
  type WriterCall,
  type WriteFailure,
  type WriterRequest,
} from './workerProtocol.ts'
import { OperatorError } from '../../../lib/operatorError.ts'
import type { Writes } from './writer.ts'

type OpenedSchema = Pick<Extract<WriterReply, { answer: 'opened' }>, 'from' | 'snapshot'>
interface PendingCall<T> {
  resolve(value: T): void
  reject(error: Error): void
}

/** The writer's thread, as the main thread sees it. Replies come in the order of the calls. */
export class WriterThread implements AsyncWriter {
  readonly #worker: Worker
  readonly #onDeath: (error: Error) => void
  readonly #pending = new Map<number, PendingCall<WriteResult<unknown>>>()
  readonly #ended = Promise.withResolvers<void>()
  #opening: PendingCall<OpenedSchema> | null = null
  #isClosing = false
  #hasEnded = false
  #lastId = 0
  #closeFailure: WriteFailure | null = null

  constructor(url: URL | string, onDeath: (error: Error) => void) {
    this.#onDeath = onDeath
    // A small heap: what it works with is SQLite's own memory.
    this.#worker = new Worker(url, { smol: true })
    this.#worker.onmessage = ({ data }: MessageEvent<string>) =>
      this.#onReply(JSON.parse(data) as WriterReply)
    this.#worker.addEventListener('error', ({ message }) => this.#onEnd(new Error(message)))
    this.#worker.addEventListener('close', () => this.#onEnd(new Error('the writer has ended')))
  }

  /** @throws OperatorError if the database cannot be used; then the thread has ended */
  open(dir: string): Promise<OpenedSchema> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject }
      this.#post({ order: 'open', dir })
    })
  }

  write<M extends keyof Writes>(
    method: M,
    ...args: Parameters<Writes[M]>
  ): Promise<WriteResult<ReturnType<Writes[M]>>> {
    return new Promise((resolve, reject) => {
      this.#lastId += 1
      // The worker answers a call with its own method's value: the two casts say the same thing, there and back.
      this.#pending.set(this.#lastId, { resolve: resolve as (done: WriteResult<unknown>) => void, reject })
      this.#post({ order: 'write', id: this.#lastId, call: { method, args } as WriterCall })
    })
  }

  async close(): Promise<WriteFailure | null> {
    if (!this.#isClosing && !this.#hasEnded) this.#post({ order: 'close' })
    this.#isClosing = true
    await this.#ended.promise
    return this.#closeFailure
  }

  #post(order: WriterRequest): void {
    this.#worker.postMessage(JSON.stringify(order))
  }

  #onReply(answer: WriterReply): void {
    switch (answer.answer) {
      case 'opened':
        this.#opening?.resolve({ from: answer.from, snapshot: answer.snapshot })
        this.#opening = null
        return
      case 'refused':
        this.#isClosing = true
        this.#opening?.reject(new OperatorError(answer.exitCode, answer.message))
        this.#opening = null
        return
      case 'written':
        return this.#takePending(answer.id)?.resolve({ value: answer.value, failures: answer.failures })
      case 'failed':
        return this.#takePending(answer.id)?.reject(new WriteError(answer.failure))
      case 'closed':
        this.#closeFailure = answer.failure ?? null
        return
      default:
        return assertNever(answer)
    }
  }

  #takePending(id: number): PendingCall<WriteResult<unknown>> | undefined {
    const asker = this.#pending.get(id)
    this.#pending.delete(id)
    return asker
  }

  #onEnd(error: Error): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#ended.resolve()
    if (this.#opening !== null) this.#opening.reject(error)
    else if (!this.#isClosing) this.#onDeath(error)
  }
}
