import type { Database } from 'bun:sqlite'
import { diskErrorCode } from '../diskErrors.ts'
import {
  type AsyncWriter,
  type WriteFailure,
  WriteError,
  type WriterCall,
  type WriteResult,
} from './workerProtocol.ts'
import { Writer, type Writes } from './writer.ts'

/** Runs each write at once, on the thread that calls it: in the worker, and for a store in memory. */
export class InlineWriter implements AsyncWriter {
  readonly writer: Writer
  readonly #failures: WriteFailure[] = []

  constructor(db: Database) {
    this.writer = new Writer(db, (error) => this.#failures.push(failureOf(error)))
  }

  async write<M extends keyof Writes>(
    method: M,
    ...args: Parameters<Writes[M]>
  ): Promise<WriteResult<ReturnType<Writes[M]>>> {
    return this.perform({ method, args } as WriterCall) as WriteResult<ReturnType<Writes[M]>>
  }

  /** @throws WriteError */
  perform({ method, args }: WriterCall): WriteResult<unknown> {
    try {
      const value: unknown = Reflect.apply(this.writer[method], this.writer, args)
      return { value, failures: this.#failures.splice(0) }
    } catch (error) {
      throw new WriteError(failureOf(error))
    }
  }

  close(): Promise<null> {
    return Promise.resolve(null)
  }
}

export function failureOf(error: unknown): WriteFailure {
  const disk = diskErrorCode(error)
  const message = error instanceof Error ? error.message : String(error)
  return { message, ...(disk !== null && { disk }) }
}
