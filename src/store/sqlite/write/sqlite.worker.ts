/**
 * The only thread that writes. It opens the database, does one call after the other and answers each with a value. What
 * is not caught here ends the thread, and with it the process: nobody may go on without a writer.
 */
import { closeSync, openSync } from 'node:fs'
import { checkpoint, openForWriting } from '../database.ts'
import { OperatorError } from '../../../lib/operatorError.ts'
import { databaseIn } from '../dataDirectory.ts'
import { WriteError, type WriterReply, type WriterCall, type WriterRequest } from './workerProtocol.ts'
import { canScrub, scrub } from './scrub.ts'
import { ScrubScheduler } from './scrubScheduler.ts'
import { diskErrorCode } from '../diskErrors.ts'
import { failureOf, InlineWriter } from './inlineWriter.ts'

declare const self: Worker

interface OpenWriter {
  write(id: number, call: WriterCall): WriterReply
  close(): WriterReply
}

let openWriter: OpenWriter | null = null

/** ms from the start until the first scrub: an earlier process may have left deleted text. */
const AFTER_START = 10_000

self.onmessage = ({ data }: MessageEvent<string>) => {
  const order = JSON.parse(data) as WriterRequest
  if (order.order === 'open') return handleOpen(order.dir)
  if (openWriter === null) throw new TypeError(`${order.order} before open`)
  if (order.order === 'write') return reply(openWriter.write(order.id, order.call))
  reply(openWriter.close())
  stopListening()
}

function reply(answer: WriterReply): void {
  postMessage(JSON.stringify(answer))
}

/** P34: with nothing more to hear, the thread ends by itself; terminate() beside a database is a known crash. */
function stopListening(): void {
  self.onmessage = null
}

function handleOpen(dir: string): void {
  const answer = open(dir)
  reply(answer)
  if (answer.answer === 'refused') stopListening()
}

function open(dir: string): WriterReply {
  try {
    const { db, from, snapshot } = openForWriting(dir)
    const inline = new InlineWriter(db)
    const { writer } = inline
    // Never closed before the database: closing any descriptor of a file drops the locks this process has on it.
    const file = openSync(databaseIn(dir), 'r+')
    const isScrubbable = canScrub(db, file)
    const scrubScheduler = new ScrubScheduler({
      now: () => performance.now(),
      after(ms, run) {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
      checkpoint: () => unlessDiskFails(() => writer.checkpoint()) ?? false,
      scrub: (from) =>
        isScrubbable ? unlessDiskFails(() => writer.withExclusiveLock(() => scrub(file, from))) : null,
    })
    scrubScheduler.schedule(AFTER_START)
    openWriter = {
      write(id, call) {
        try {
          const result = inline.perform(call)
          if (isDelete(call)) scrubScheduler.schedule()
          if (call.method === 'purge') scrubScheduler.afterPurge(result.value !== 0)
          return { answer: 'written', id, ...result }
        } catch (error) {
          if (call.method === 'purge') scrubScheduler.afterPurge(false)
          if (!(error instanceof WriteError)) throw error
          return { answer: 'failed', id, failure: error.failure }
        }
      },
      close() {
        scrubScheduler.stop()
        try {
          checkpoint(db)
          db.close()
          closeSync(file)
          return { answer: 'closed' }
        } catch (error) {
          return { answer: 'closed', failure: failureOf(error) }
        }
      },
    }
    return { answer: 'opened', from, snapshot }
  } catch (error) {
    if (error instanceof OperatorError)
      return { answer: 'refused', exitCode: error.exitCode, message: error.message }
    throw error
  }
}

/** @returns undefined if the disk failed */
function unlessDiskFails<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    // Without SQLite in between it is the system that says so.
    if (diskErrorCode(error) === null && !(error instanceof Error && 'syscall' in error)) throw error
    return undefined
  }
}

function isDelete(call: WriterCall): boolean {
  return call.method === 'commit' && call.args[0].some(({ kind }) => kind === 'delete')
}
