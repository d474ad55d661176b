import type { Database } from 'bun:sqlite'
import { checkpoint } from '../database.ts'
import { failureOf, type WriteFailure } from '../diskErrors.ts'
import { Writer } from './writer.ts'

type MaybePromise<T> = T | Promise<T>

/** Does writes in the order of the calls: `InlineWriter` at once, `WriterThread` in a worker. */
export interface WriterHandle {
  /** @throws what SQLite throws, or WriteError; never settles if the writer's thread dies, since its outcome is unknown */
  write<M extends keyof Writer>(
    method: M,
    ...args: Parameters<Writer[M]>
  ): MaybePromise<ReturnType<Writer[M]>>
  /** Finishes the calls, moves the WAL into the main file and closes it. @returns what failed in that */
  close(): MaybePromise<WriteFailure | null>
}

/** Does each write within its call, on the caller's thread: in the worker, and for a store in memory. */
export class InlineWriter implements WriterHandle {
  readonly #db: Database
  readonly #writer: Writer

  constructor(db: Database) {
    this.#db = db
    this.#writer = new Writer(db)
  }

  write<M extends keyof Writer>(method: M, ...args: Parameters<Writer[M]>): ReturnType<Writer[M]> {
    return Reflect.apply(this.#writer[method], this.#writer, args) as ReturnType<Writer[M]>
  }

  close(): WriteFailure | null {
    try {
      checkpoint(this.#db)
      this.#db.close()
      return null
    } catch (error) {
      return failureOf(error)
    }
  }
}
