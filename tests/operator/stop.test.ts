import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { logOf } from '../support/server/aDatabase.ts'
import { aGuest, type Guest } from '../support/client/anApp.ts'
import { aServer, aTemporaryDir } from '../support/server/aServer.ts'
import { timed } from '../support/aMeasure.ts'
import { eventually } from '../support/eventually.ts'
import type { SocketClient } from '../support/server/socketClient.ts'

setDefaultTimeout(90_000)

const { dir, remove } = aTemporaryDir()
afterAll(remove)

/** Ten sockets for each guest, live in the lobby. */
const socketsOf = async (guests: readonly Guest[]): Promise<SocketClient[]> =>
  (
    await Promise.all(
      guests.map((guest) => Promise.all(Array.from({ length: 10 }, () => guest.enter('lobby')))),
    )
  ).flat()

test('[O13] on SIGTERM 200 sockets hear `drain` and 1012, the server exits 0 within 3 s, and every acknowledged message is stored', async () => {
  const env = { DATA_DIR: join(dir, 'data') }
  const server = await aServer(env)
  const origin = await server.ready()
  const guests = await Promise.all(Array.from({ length: 20 }, (_, n) => aGuest(origin, `Person ${n}`)))
  const sockets = await socketsOf(guests)
  sockets.forEach((socket, n) =>
    socket.send({ type: 'send', room: 'lobby', nonce: `nonce-${n}-last`, text: 'last words' }),
  )

  const { ms, answer: code } = await timed(() => {
    server.kill('SIGTERM')
    return server.exited()
  })
  expect(code).toBe(0)
  expect(ms).toBeLessThan(3_000)
  await eventually('all sockets end', () => sockets.every(({ closed }) => closed !== undefined))
  const drained = sockets.filter(
    ({ heard, closed }) => heard.some(({ type }) => type === 'drain') && closed?.code === 1012,
  )
  expect(drained.length).toBeGreaterThanOrEqual(190)

  const next = await aServer({ ...env, PORT: new URL(origin).port })
  await next.ready()
  const { ms: back, answer: again } = await timed(() => socketsOf(guests))
  expect([again.length, back < 10_000]).toEqual([200, true])
  const acked = sockets.flatMap(({ heard }) =>
    heard.flatMap((frame) => (frame.type === 'ack' ? [frame.nonce] : [])),
  )
  const stored = logOf(env.DATA_DIR).map(({ nonce }) => nonce)
  expect(acked.filter((nonce) => !stored.includes(nonce))).toEqual([])
  expect(new Set(stored).size).toBe(stored.length)
  next.kill('SIGKILL')
  await next.exited()
})
