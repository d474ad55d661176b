/**
 * The only thread that writes. It opens the database, does one call after the other and answers each with a value. What
 * is not caught here ends the thread, and with it the process: nobody may go on without a writer.
 */
import { closeSync, openSync } from 'node:fs'
import { assertNever } from '../../../shared/assert.ts'
import { checkpoint, openForWriting } from '../database.ts'
import { OperatorError } from '../../../lib/operatorError.ts'
import { databaseIn } from '../dataDirectory.ts'
import type { WriterReply, WriterCall, WriteFailure, WriterRequest } from './workerProtocol.ts'
import { canScrub, scrub } from './scrub.ts'
import { ScrubScheduler } from './scrubScheduler.ts'
import { diskErrorCode } from '../diskErrors.ts'
import { Writer } from './writer.ts'

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
    const failures: WriteFailure[] = []
    const writer = new Writer(db, (error) => failures.push(failureOf(error)))
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
          const value = perform(writer, call)
          if (isDelete(call)) scrubScheduler.schedule()
          if (call.method === 'purge') scrubScheduler.afterPurge(value !== 0)
          return { answer: 'written', id, value, failures: failures.splice(0) }
        } catch (error) {
          if (call.method === 'purge') scrubScheduler.afterPurge(false)
          return { answer: 'failed', id, failure: failureOf(error) }
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

function perform(writer: Writer, call: WriterCall): unknown {
  // prettier-ignore
  switch (call.method) {
    case 'commit': return writer.commit(...call.args)
    case 'addRoom': return writer.addRoom(...call.args)
    case 'addMember': return writer.addMember(...call.args)
    case 'removeMember': return writer.removeMember(...call.args)
    case 'saveReads': return writer.saveReads(...call.args)
    case 'addGuest': return writer.addGuest(...call.args)
    case 'rename': return writer.rename(...call.args)
    case 'touch': return writer.touch(...call.args)
    case 'endSession': return writer.endSession(...call.args)
    case 'forget': return writer.forget(...call.args)
    case 'purge': return writer.purge(...call.args)
    case 'probe': return writer.probe(...call.args)
    default: return assertNever(call)
  }
}

function failureOf(error: unknown): WriteFailure {
  const disk = diskErrorCode(error)
  const message = error instanceof Error ? error.message : String(error)
  return { message, ...(disk !== null && { disk }) }
}
