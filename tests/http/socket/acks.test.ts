import { expect, test } from 'bun:test'
import type { ServerWebSocket } from 'bun'
import { anApp } from '../../support/client/anApp.ts'
import { eventually } from '../../support/eventually.ts'
import { openSocket } from '../../support/server/socketClient.ts'

/** Counts what is sent to single sockets of this process from now on; all of a cork is one write (P7). */
async function countWrites(): Promise<{ stop(): number }> {
  const opened = Promise.withResolvers<ServerWebSocket<undefined>>()
  const server = Bun.serve<undefined>({
    port: 0,
    hostname: '127.0.0.1',
    reusePort: false,
    fetch: (request, listening) =>
      listening.upgrade(request) ? undefined : new Response('no', { status: 400 }),
    websocket: { open: opened.resolve, message() {} },
  })
  const client = await openSocket(`ws://127.0.0.1:${server.port}/`)
  const every = Object.getPrototypeOf(await opened.promise) as ServerWebSocket<undefined>
  const real = { send: every.send, cork: every.cork }
  let [writes, corked] = [0, 0]
  every.send = function (...args) {
    if (corked === 0) writes += 1
    return real.send.apply(this, args)
  }
  every.cork = function (work) {
    writes += 1
    corked += 1
    try {
      return real.cork.call(this, work) as never
    } finally {
      corked -= 1
    }
  }
  return {
    stop() {
      Object.assign(every, real)
      client.close()
      void server.stop(true)
      return writes
    },
  }
}

test('[M19] to one person the events of a batch and their acks leave in one write', async () => {
  const app = await anApp()
  const { store } = app
  const ada = await (await app.guest('Ada')).enter('lobby')
  const commit = store.commit.bind(store)
  // The first is on its way to the disk until the others have come: a batch of one, and a batch of seven.
  const come = Promise.withResolvers<void>()
  store.commit = async (drafts) => {
    const outcomes = await commit(drafts)
    await come.promise
    return outcomes
  }
  for (let at = 0; at < 8; at += 1)
    ada.send({ type: 'send', nonce: `nonce-00000${at}`, room: 'lobby', text: 'hi' })
  // What is asked behind them is answered once the server has read them.
  ada.send({ type: 'beat' })
  await ada.hears('beat')
  const writes = await countWrites()
  come.resolve()
  await eventually('every ack', () => ada.heard.filter(({ type }) => type === 'ack').length === 8)
  expect(writes.stop()).toBe(2)
  await app.stop()
})
