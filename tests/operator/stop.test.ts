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

const PEOPLE = 20
const EACH = 10

/** Two hundred sockets, ten a person, live in the lobby. */
async function aCrowd(guests: readonly Guest[]): Promise<SocketClient[]> {
  const sockets: SocketClient[] = []
  for (const guest of guests)
    sockets.push(...(await Promise.all(Array.from({ length: EACH }, () => guest.enter('lobby')))))
  return sockets
}

test('[O13] SIGTERM with 200 sockets: nearly all hear `drain` and 1012, exit 0 within three seconds, and all are back after the start', async () => {
  const env = { DATA_DIR: join(dir, 'data') }
  const server = await aServer(env)
  const origin = await server.ready()
  const guests = await Promise.all(Array.from({ length: PEOPLE }, (_, at) => aGuest(origin, `Person ${at}`)))
  const sockets = await aCrowd(guests)
  expect(sockets.length).toBe(200)
  sockets.forEach((socket, at) =>
    socket.send({ type: 'send', room: 'lobby', nonce: `nonce-${at}-last`, text: 'last words' }),
  )

  const { ms, answer: code } = await timed(() => {
    server.kill('SIGTERM')
    return server.exited()
  })
  expect(code).toBe(0)
  await eventually('all end', () => sockets.every(({ closed }) => closed !== undefined))
  const told = sockets.filter(
    ({ heard, closed }) => heard.some(({ type }) => type === 'drain') && closed?.code === 1012,
  )
  expect(told.length).toBeGreaterThanOrEqual(190)
  expect(ms).toBeLessThan(3_000)

  const acked = new Set(
    sockets.flatMap(({ heard }) => heard.flatMap((frame) => (frame.type === 'ack' ? [frame.nonce] : []))),
  )
  const next = await aServer({ ...env, PORT: new URL(origin).port })
  await next.ready()
  const { ms: back, answer: again } = await timed(() => aCrowd(guests))
  expect(back).toBeLessThan(10_000)
  expect(again.length).toBe(200)
  const nonces = logOf(env.DATA_DIR).map(({ nonce }) => nonce)
  expect([...acked].filter((nonce) => !nonces.includes(nonce))).toEqual([])
  expect(new Set(nonces).size).toBe(nonces.length)
  console.info(
    `  200 sockets: exit after ${ms.toFixed(0)} ms, ${told.length} told, ${acked.size} of 200 last words stored`,
  )
  next.kill('SIGKILL')
  await next.exited()
})
