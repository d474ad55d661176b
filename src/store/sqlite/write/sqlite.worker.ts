/**
 * The only thread that writes. It does one call after the other and answers each. An error that is not caught here ends
 * the thread and with it the process: the server must not go on without a writer.
 */
import { connect } from '../database.ts'
import { databaseIn } from '../dataDirectory.ts'
import { failureOf } from '../diskErrors.ts'
import type { WriterReply, WriterRequest } from './writerThread.ts'
import { Writer } from './writer.ts'

declare const self: Worker

let writer: Writer | null = null

self.onmessage = ({ data }: MessageEvent<string>) => {
  const request = JSON.parse(data) as WriterRequest
  if (request.order === 'open') {
    writer = new Writer(connect(databaseIn(request.dir)))
    return
  }
  if (writer === null) throw new TypeError(`${request.order} before open`)
  postMessage(JSON.stringify(answer(writer, request)))
  // Without a listener, the thread ends by itself; `terminate()` while a database is open crashes Bun.
  if (request.order === 'close') self.onmessage = null
}

function answer(open: Writer, request: Exclude<WriterRequest, { order: 'open' }>): WriterReply {
  if (request.order === 'close') return { answer: 'closed', failure: open.close() }
  const { id, method, args } = request
  try {
    // The compiler has checked the arguments where the other thread made the call.
    return { answer: 'written', id, value: open.write(method, ...(args as never)) }
  } catch (error) {
    return { answer: 'failed', id, failure: failureOf(error) }
  }
}
