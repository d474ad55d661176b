/**
 * The only thread that writes. It opens the database, does one call after the other and answers each with a value. What
 * is not caught here ends the thread, and with it the process: nobody may go on without a writer.
 */
import { assertNever } from '../shared/assert.ts'
import { checkpoint, openForWriting } from './database.ts'
import { CannotOpen } from './directory.ts'
import type { Answer, Call, Failure, Order } from './orders.ts'
import { diskTrouble } from './trouble.ts'
import { Writer } from './writer.ts'

declare const self: Worker

interface Desk {
  write(id: number, call: Call): Answer
  close(): Answer
}

let desk: Desk | null = null

/** ms from a delete until its text has left the WAL too, and to the next try where that was not possible */
const EMPTIED = 500
const EMPTIED_LATER = 5_000

self.onmessage = ({ data: order }: MessageEvent<Order>) => {
  if (order.order === 'open') return opening(order.dir)
  if (desk === null) throw new TypeError(`${order.order} before open`)
  if (order.order === 'write') return postMessage(desk.write(order.id, order.call))
  postMessage(desk.close())
  leave()
}

/** P34: with nothing more to hear, the thread ends by itself; terminate() beside a database is a known crash. */
function leave(): void {
  self.onmessage = null
}

function opening(dir: string): void {
  const answer = open(dir)
  postMessage(answer)
  if (answer.answer === 'refused') leave()
}

function open(dir: string): Answer {
  try {
    const { db, from, snapshot } = openForWriting(dir)
    const failures: Failure[] = []
    const writer = new Writer(db, (error) => failures.push(failureOf(error)))
    let emptying: Timer | undefined
    const empty = () => {
      emptying = undefined
      let done = false
      try {
        done = checkpoint(db)
      } catch (error) {
        if (diskTrouble(error) === null) throw error
      }
      if (!done) emptying = setTimeout(empty, EMPTIED_LATER)
    }
    desk = {
      write(id, call) {
        try {
          const value = perform(writer, call)
          if (leavesText(call)) emptying ??= setTimeout(empty, EMPTIED)
          return { answer: 'written', id, value, failures: failures.splice(0) }
        } catch (error) {
          return { answer: 'failed', id, failure: failureOf(error) }
        }
      },
      close() {
        clearTimeout(emptying)
        try {
          checkpoint(db)
          db.close()
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

/** Is there text in the WAL that the database has no longer? */
function leavesText(call: Call): boolean {
  if (call.method !== 'commit') return call.method === 'purge'
  return call.args[0].some(({ kind }) => kind === 'delete')
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
