/**
 * What the main thread and the writer's thread say to each other: values, for no class survives the way. They travel as JSON,
 * at half the cost of a structured clone; so no argument is `undefined`.
 */
import type { Writes } from './writer.ts'

/** One call of one of the `Writes`, with its arguments. */
export type WriterCall = { [M in keyof Writes]: { method: M; args: Parameters<Writes[M]> } }[keyof Writes]

export type WriterRequest =
  { order: 'open'; dir: string } | { order: 'write'; id: number; call: WriterCall } | { order: 'close' }

/** Why something failed. `disk`: SQLite's code of a trouble that may pass; without it, a bug. */
export interface WriteFailure {
  disk?: string
  message: string
}

/** A write that could not be done. */
export class WriteError extends Error {
  constructor(readonly failure: WriteFailure) {
    super(failure.message)
  }
}

/** `failures`: of drafts that a `commit` could not store */
export interface WriteResult<T> {
  value: T
  failures: WriteFailure[]
}

/** Does writes in the order of the calls. */
export interface AsyncWriter {
  /** @throws WriteError; never settles if the writer's thread dies, because nobody knows whether the write was done */
  write<M extends keyof Writes>(
    method: M,
    ...args: Parameters<Writes[M]>
  ): Promise<WriteResult<ReturnType<Writes[M]>>>
  /** Finishes, writes the WAL into the main file and lets go. Resolves with what failed in that, or null. */
  close(): Promise<WriteFailure | null>
}

export type WriterReply =
  | { answer: 'opened'; from: number; snapshot: string | null }
  | { answer: 'refused'; exitCode: 1 | 3 | 4; message: string }
  /** `failures`: of drafts that a `commit` could not store */
  | { answer: 'written'; id: number; value: unknown; failures: WriteFailure[] }
  | { answer: 'failed'; id: number; failure: WriteFailure }
  /** The database is closed, and the thread is about to end. */
  | { answer: 'closed'; failure?: WriteFailure }
