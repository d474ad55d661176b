import type { Database } from 'bun:sqlite'
import { checkpoint } from '../database.ts'
import { diskErrorCode } from '../diskErrors.ts'
import { Writer } from './writer.ts'

/** One call of a write, as it travels to the worker. */
export type WriterCall = { [M in keyof Writer]: { method: M; args: Parameters<Writer[M]> } }[keyof Writer]

/** Why a write failed. `disk`: SQLite's code of a disk error, which may pass; without it the failure is a bug. */
export interface WriteFailure {
  disk?: string
  message: string
}

export class WriteError extends Error {
  constructor(readonly failure: WriteFailure) {
    super(failure.message)
  }
}

/** `failures`: of drafts that a `commit` could not store. */
export interface WriteResult<T> {
  value: T
  failures: WriteFailure[]
}

type MaybePromise<T> = T | Promise<T>

/** Does writes in the order of the calls: `InlineWriter` at once, `WriterThread` in a worker. */
export interface WriterHandle {
  /** @throws WriteError; never settles if the writer's thread dies, because nobody knows whether the write was done */
  write<M extends keyof Writer>(
    method: M,
    ...args: Parameters<Writer[M]>
  ): MaybePromise<WriteResult<ReturnType<Writer[M]>>>
  /** Finishes the calls, moves the WAL into the main file and closes it. @returns what failed in that */
  close(): MaybePromise<WriteFailure | null>
}

/** Does each write within its call, on the caller's thread: in the worker, and for a store in memory. */
export class InlineWriter implements WriterHandle {
  readonly #db: Database
  readonly #writer: Writer
  readonly #failures: WriteFailure[] = []

  constructor(db: Database) {
    this.#db = db
    this.#writer = new Writer(db, (error) => this.#failures.push(failureOf(error)))
  }

  write<M extends keyof Writer>(
    method: M,
    ...args: Parameters<Writer[M]>
  ): WriteResult<ReturnType<Writer[M]>> {
    try {
      const value = Reflect.apply(this.#writer[method], this.#writer, args) as ReturnType<Writer[M]>
      return { value, failures: this.#failures.splice(0) }
    } catch (error) {
      throw new WriteError(failureOf(error))
    }
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

function failureOf(error: unknown): WriteFailure {
  const disk = diskErrorCode(error)
  const message = error instanceof Error ? error.message : String(error)
  return { message, ...(disk !== null && { disk }) }
}
