/**
 * The only thread that writes. It opens the database, does one call after the other and answers each with a value. What
 * is not caught here ends the thread, and with it the process: nobody may go on without a writer.
 */
import { closeSync, openSync } from 'node:fs'
import { assertNever } from '../../../shared/assert.ts'
import { checkpoint, openForWriting } from '../database.ts'
import { CannotOpen, databaseIn } from '../dataDirectory.ts'
import type { Answer, Call, Failure, Order } from './workerProtocol.ts'
import { canScrub, scrub } from './scrub.ts'
import { Traces } from './scrubScheduler.ts'
import { diskTrouble } from '../diskErrors.ts'
import { Writer } from './writer.ts'

declare const self: Worker

interface Desk {
  write(id: number, call: Call): Answer
  close(): Answer
}

let desk: Desk | null = null

/** ms from the start until what an earlier process has left is looked for. */
const AFTER_START = 10_000

self.onmessage = ({ data }: MessageEvent<string>) => {
  const order = JSON.parse(data) as Order
  if (order.order === 'open') return opening(order.dir)
  if (desk === null) throw new TypeError(`${order.order} before open`)
  if (order.order === 'write') return say(desk.write(order.id, order.call))
  say(desk.close())
  leave()
}

function say(answer: Answer): void {
  postMessage(JSON.stringify(answer))
}

/** P34: with nothing more to hear, the thread ends by itself; terminate() beside a database is a known crash. */
function leave(): void {
  self.onmessage = null
}

function opening(dir: string): void {
  const answer = open(dir)
  say(answer)
  if (answer.answer === 'refused') leave()
}

function open(dir: string): Answer {
  try {
    const { db, from, snapshot } = openForWriting(dir)
    const failures: Failure[] = []
    const writer = new Writer(db, (error) => failures.push(failureOf(error)))
    // Never closed before the database: closing any descriptor of a file drops the locks this process has on it.
    const file = openSync(databaseIn(dir), 'r+')
    const scrubs = canScrub(db, file)
    const traces = new Traces({
      now: () => performance.now(),
      after(ms, run) {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
      fold: () => unlessHeldUp(() => writer.fold()) ?? false,
      scrub: (from) => (scrubs ? unlessHeldUp(() => writer.alone(() => scrub(file, from))) : null),
    })
    traces.leave(AFTER_START)
    desk = {
      write(id, call) {
        try {
          const value = perform(writer, call)
          if (deletes(call)) traces.leave()
          if (call.method === 'purge') traces.purged(value !== 0)
          return { answer: 'written', id, value, failures: failures.splice(0) }
        } catch (error) {
          if (call.method === 'purge') traces.purged(false)
          return { answer: 'failed', id, failure: failureOf(error) }
        }
      },
      close() {
        traces.stop()
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
    if (error instanceof CannotOpen)
      return { answer: 'refused', exitCode: error.exitCode, message: error.message }
    throw error
  }
}

/** @returns undefined where it was trouble with the disk that kept it from being done */
function unlessHeldUp<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    // Without SQLite in between it is the system that says so.
    if (diskTrouble(error) === null && !(error instanceof Error && 'syscall' in error)) throw error
    return undefined
  }
}

function deletes(call: Call): boolean {
  return call.method === 'commit' && call.args[0].some(({ kind }) => kind === 'delete')
}

function perform(writer: Writer, call: Call): unknown {
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
    case 'tryOut': return writer.tryOut(...call.args)
    default: return assertNever(call)
  }
}

function failureOf(error: unknown): Failure {
  const disk = diskTrouble(error)
  const message = error instanceof Error ? error.message : String(error)
  return { message, ...(disk !== null && { disk }) }
}
