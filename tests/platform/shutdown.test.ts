import { expect, test } from 'bun:test'
import type { ServerWebSocket } from 'bun'
import { eventually } from '../support/eventually.ts'
import { rawSocket } from '../support/server/rawSocket.ts'

function aServer(hold: Promise<void> = Promise.resolve()) {
  const open = new Set<ServerWebSocket<undefined>>()
  const server = Bun.serve<undefined>({
    port: 0,
    hostname: '127.0.0.1',
    reusePort: false,
    async fetch(request, listening) {
      if (listening.upgrade(request)) return undefined
      await hold
      return new Response('done', { headers: { 'content-type': 'text/plain' } })
    },
    websocket: { message() {}, open: (ws) => void open.add(ws), close: (ws) => void open.delete(ws) },
  })
  return { server, port: server.port ?? 0, open }
}

test('[P32, X13] `stop(false)` shuts the door at once and waits for the last socket; closed with 1012 all are told', async () => {
  const { server, port, open } = aServer()
  const clients = await Promise.all(Array.from({ length: 20 }, () => rawSocket(port)))
  let stopped = false
  const stopping = server.stop(false).then(() => void (stopped = true))
  const refused = await fetch(`http://127.0.0.1:${port}/`).then(
    () => false,
    () => true,
  )
  expect({ refused, stopped, open: open.size }).toEqual({ refused: true, stopped: false, open: 20 })

  for (const socket of open) socket.close(1012, 'restart')
  await eventually('everybody is told', () => clients.every((client) => client.code() === 1012))
  await stopping
  expect(stopped).toBe(true)
})

test('[P32] a request under way goes on after `stop(false)`, and is cut by `stop(true)`', async () => {
  const { promise: hold, resolve: release } = Promise.withResolvers<void>()
  const patient = aServer(hold)
  const answer = fetch(`http://127.0.0.1:${patient.port}/`)
  await eventually('the request', () => patient.server.pendingRequests === 1)
  const stopping = patient.server.stop(false)
  release()
  expect(await (await answer).text()).toBe('done')
  await stopping

  const cut = aServer(new Promise(() => {}))
  const cutAnswer = fetch(`http://127.0.0.1:${cut.port}/`).then(
    () => 'answered',
    () => 'cut',
  )
  await eventually('the request', () => cut.server.pendingRequests === 1)
  await cut.server.stop(true)
  expect(await cutAnswer).toBe('cut')
})
