/**
 * The only thread that writes. It does one call after the other and answers each. An error that is not caught here ends
 * the thread and with it the process: the server must not go on without a writer.
 */
import { connect } from '../database.ts'
import { databaseIn } from '../dataDirectory.ts'
import { InlineWriter, WriteError } from './inlineWriter.ts'
import type { WriterReply, WriterRequest } from './workerThread.ts'

declare const self: Worker

let writer: InlineWriter | null = null

self.onmessage = ({ data }: MessageEvent<string>) => {
  const request = JSON.parse(data) as WriterRequest
  if (request.order === 'open') {
    writer = new InlineWriter(connect(databaseIn(request.dir)))
    return
  }
  if (writer === null) throw new TypeError(`${request.order} before open`)
  postMessage(JSON.stringify(answer(writer, request)))
  // With nothing to listen to the thread ends by itself; terminate() beside an open database crashes Bun (P34).
  if (request.order === 'close') self.onmessage = null
}

function answer(open: InlineWriter, request: Exclude<WriterRequest, { order: 'open' }>): WriterReply {
  if (request.order === 'close') return { answer: 'closed', failure: open.close() }
  const { id, call } = request
  try {
    // The arguments fit the method; spread out of the union they lose its type.
    return { answer: 'written', id, ...open.write(call.method, ...(call.args as never)) }
  } catch (error) {
    if (!(error instanceof WriteError)) throw error
    return { answer: 'failed', id, failure: error.failure }
  }
}
