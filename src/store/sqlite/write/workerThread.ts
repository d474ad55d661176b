import { assertNever } from '../../../shared/assert.ts'
import type { Answer, Call, Failure, Order } from './workerProtocol.ts'
import { CannotOpen } from '../dataDirectory.ts'
import type { Writes } from './writer.ts'

/** A write that could not be done, as the writer's thread tells it. */
export class WriteFailed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message)
  }
}

export interface Done<T> {
  value: T
  failures: Failure[]
}

type Found = Pick<Extract<Answer, { answer: 'opened' }>, 'from' | 'snapshot'>
interface Asker<T> {
  resolve(value: T): void
  reject(error: Error): void
}

/** The writer's thread, as the main one sees it: asked in order, answers in order. */
export class Thread {
  readonly #worker: Worker
  readonly #onDeath: (error: Error) => void
  readonly #writes = new Map<number, Asker<Done<unknown>>>()
  readonly #ended = Promise.withResolvers<void>()
  #opening: Asker<Found> | null = null
  #leaving = false
  #dead = false
  #last = 0
  #parting: Failure | null = null

  constructor(url: URL | string, onDeath: (error: Error) => void) {
    this.#onDeath = onDeath
    // A small heap: what it works with is SQLite's own memory.
    this.#worker = new Worker(url, { smol: true })
    this.#worker.onmessage = ({ data }: MessageEvent<string>) => this.#hear(JSON.parse(data) as Answer)
    this.#worker.addEventListener('error', ({ message }) => this.#end(new Error(message)))
    this.#worker.addEventListener('close', () => this.#end(new Error('the writer has ended')))
  }

  /** @throws CannotOpen if the database cannot be used; then the thread has ended */
  open(dir: string): Promise<Found> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject }
      this.#ask({ order: 'open', dir })
    })
  }

  /** @throws WriteFailed; never settles if the thread dies, for nobody knows what was done */
  write<M extends keyof Writes>(
    method: M,
    ...args: Parameters<Writes[M]>
  ): Promise<Done<ReturnType<Writes[M]>>> {
    return new Promise((resolve, reject) => {
      this.#last += 1
      // The worker answers a call with its own method's value: the two casts say the same thing, there and back.
      this.#writes.set(this.#last, { resolve: resolve as (done: Done<unknown>) => void, reject })
      this.#ask({ order: 'write', id: this.#last, call: { method, args } as Call })
    })
  }

  /** Lets the thread finish, write all into the main file and end. Answers what went wrong with that, if anything did. */
  async close(): Promise<Failure | null> {
    if (!this.#leaving && !this.#dead) this.#ask({ order: 'close' })
    this.#leaving = true
    await this.#ended.promise
    return this.#parting
  }

  #ask(order: Order): void {
    this.#worker.postMessage(JSON.stringify(order))
  }

  #hear(answer: Answer): void {
    switch (answer.answer) {
      case 'opened':
        this.#opening?.resolve({ from: answer.from, snapshot: answer.snapshot })
        this.#opening = null
        return
      case 'refused':
        this.#leaving = true
        this.#opening?.reject(new CannotOpen(answer.exitCode, answer.message))
        this.#opening = null
        return
      case 'written':
        return this.#asker(answer.id)?.resolve({ value: answer.value, failures: answer.failures })
      case 'failed':
        return this.#asker(answer.id)?.reject(new WriteFailed(answer.failure))
      case 'closed':
        this.#parting = answer.failure ?? null
        return
      default:
        return assertNever(answer)
    }
  }

  #asker(id: number): Asker<Done<unknown>> | undefined {
    const asker = this.#writes.get(id)
    this.#writes.delete(id)
    return asker
  }

  #end(error: Error): void {
    if (this.#dead) return
    this.#dead = true
    this.#ended.resolve()
    if (this.#opening !== null) this.#opening.reject(error)
    else if (!this.#leaving) this.#onDeath(error)
  }
}
