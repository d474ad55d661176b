/**
 * The only thread that writes. It opens the database, does one call after the other and answers each. An error that is
 * not caught here ends the thread and with it the process: the server must not go on without a writer.
 */
import { OperatorError } from '../../../lib/operatorError.ts'
import { openForWriting } from '../database.ts'
import { InlineWriter, WriteError } from './inlineWriter.ts'
import type { WriterReply, WriterRequest } from './workerThread.ts'

declare const self: Worker

let writer: InlineWriter | null = null

self.onmessage = ({ data }: MessageEvent<string>) => {
  const request = JSON.parse(data) as WriterRequest
  const reply = answer(request)
  postMessage(JSON.stringify(reply))
  // With nothing to listen to the thread ends by itself; terminate() beside an open database crashes Bun (P34).
  if (reply.answer === 'refused' || reply.answer === 'closed') self.onmessage = null
}

function answer(request: WriterRequest): WriterReply {
  if (request.order === 'open') return open(request.dir)
  if (writer === null) throw new TypeError(`${request.order} before open`)
  if (request.order === 'close') return { answer: 'closed', failure: writer.closeNow() }
  const { id, call } = request
  try {
    return { answer: 'written', id, ...writer.perform(call) }
  } catch (error) {
    if (!(error instanceof WriteError)) throw error
    return { answer: 'failed', id, failure: error.failure }
  }
}

function open(dir: string): WriterReply {
  try {
    const { db, from, snapshot } = openForWriting(dir)
    writer = new InlineWriter(db)
    return { answer: 'opened', from, snapshot }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return { answer: 'refused', exitCode: error.exitCode, message: error.message }
  }
}
