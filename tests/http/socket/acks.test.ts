import { expect, spyOn, test } from 'bun:test'
import type { ServerWebSocket } from 'bun'
import { eventually } from '../../support/eventually.ts'
import { aLobby } from '../../support/server/aRunningApp.ts'
import { openSocket } from '../../support/server/socketClient.ts'

/** The prototype of every server socket in this process. */
async function socketPrototype(): Promise<ServerWebSocket> {
  const opened = Promise.withResolvers<ServerWebSocket<undefined>>()
  const server = Bun.serve<undefined>({
    port: 0,
    hostname: '127.0.0.1',
    reusePort: false,
    fetch: (request, listening) => (listening.upgrade(request) ? undefined : new Response('no')),
    websocket: { open: opened.resolve, message() {} },
  })
  const client = await openSocket(`ws://127.0.0.1:${server.port}/`)
  const prototype = Object.getPrototypeOf(await opened.promise) as ServerWebSocket
  client.close()
  void server.stop(true)
  return prototype
}

test('[M19] to one person the events of a batch and their acks leave in one write', async () => {
  const { ada, store } = await aLobby()
  const socket = await ada.enter('lobby')
  const commit = store.commit.bind(store)
  // The first message is being stored until the others have come: a batch of one, and a batch of seven.
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  store.commit = async (drafts) => {
    const outcomes = await commit(drafts)
    await held
    return outcomes
  }
  for (let at = 0; at < 8; at += 1)
    socket.send({ type: 'send', nonce: `nonce-00000${at}`, room: 'lobby', text: 'hi' })
  // The answer to a beat shows that the server has read the messages before it.
  socket.send({ type: 'beat' })
  await socket.hears('beat')
  const prototype = await socketPrototype()
  const [cork, send] = [spyOn(prototype, 'cork'), spyOn(prototype, 'send')]
  release()
  await eventually('every ack', () => socket.heard.filter(({ type }) => type === 'ack').length === 8)
  // All that is sent within a cork is one write.
  expect([cork.mock.calls.length, send.mock.calls.length]).toEqual([2, 8])
})
