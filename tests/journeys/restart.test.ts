import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import type { Position } from '../../src/shared/model.ts'
import { timed } from '../support/aMeasure.ts'
import { type Guest, aGuest } from '../support/client/anApp.ts'
import { aServer, aTemporaryDir, freePort } from '../support/server/aServer.ts'
import type { SocketClient } from '../support/server/socketClient.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(40_000)

const { dir, remove } = aTemporaryDir()
afterAll(remove)
/** The environment of a server, which is the same after each start. */
const anEnvironment = (name: string) => ({ DATA_DIR: join(dir, name), PORT: String(freePort()) })

async function resume(guest: Guest, { seq, id }: Position): Promise<SocketClient> {
  const socket = await guest.socket()
  socket.send({ type: 'hello', rooms: [{ room: 'lobby', seq, id }], state: 'active' })
  return socket
}
const say = (socket: SocketClient, text: string) =>
  socket.send({ type: 'send', nonce: text, room: 'lobby', text })

test('[C43, M2] after `kill -9` between two messages both are stored, and clients resume where they were', async () => {
  const env = anEnvironment('killed')
  await using first = await aServer(env)
  const origin = await first.ready()
  const [ada, bob] = [await aGuest(origin, 'Ada'), await aGuest(origin, 'Bob')]
  const [a, b] = [await ada.enter('lobby'), await bob.enter('lobby')]
  say(a, 'before-0001')
  const position = await a.hears('ack')
  await b.hears('event')
  say(a, 'before-0002')
  await a.hears('ack', (ack) => ack.nonce === 'before-0002')
  first.kill('SIGKILL')
  expect((await b.ends()).code).toBe(1006)
  await first.exited()

  await using second = await aServer(env)
  await second.ready()
  expect(await (await ada.ask('/api/session')).json()).toEqual({ user: ada.user })
  const resumed = await resume(bob, position)
  const { events } = await resumed.hears('sync')
  expect(events.map(({ seq, text }) => [seq, text])).toEqual([[2, 'before-0002']])
  expect(resumed.heard.some(({ type }) => type === 'reset')).toBe(false)

  const again = await resume(ada, { seq: 2, id: events[0]?.id ?? null })
  await again.hears('sync', ({ more }) => !more)
  say(again, 'before-0002')
  expect(await again.hears('ack')).toMatchObject({ seq: 2, duplicate: true })
  say(again, 'after-0003')
  const event = { seq: 3, text: 'after-0003', user: { id: ada.user.id } }
  expect(await resumed.hears('event')).toMatchObject(event)
})

test('[O13, C44] SIGTERM drains, closes with 1012 and exits with 0; what was acknowledged is there at the next start', async () => {
  const env = anEnvironment('drained')
  await using server = await aServer(env)
  const ada = await aGuest(await server.ready(), 'Ada')
  const socket = await ada.enter('lobby')
  say(socket, 'last-words')
  const position = await socket.hears('ack')
  const { ms, answer: code } = await timed(async () => {
    server.kill('SIGTERM')
    expect((await socket.ends()).code).toBe(1012)
    return await server.exited()
  })
  expect(socket.heard).toContainEqual({ type: 'drain', spread: 2_000 })
  expect([code, server.err()]).toEqual([0, ''])
  expect(ms).toBeLessThan(3_000)

  await using next = await aServer(env)
  await next.ready()
  const resumed = await resume(ada, position)
  expect(await resumed.hears('sync')).toMatchObject({ events: [], head: 1, more: false })
})

test('[O13] SIGINT drains too, and a second signal ends the process at once', async () => {
  await using server = await aServer({ ...anEnvironment('twice'), DRAIN_WAIT: '60', DRAIN_SECONDS: '90' })
  const origin = await server.ready()
  server.kill('SIGINT')
  let status = 200
  while (status === 200) status = (await fetch(`${origin}/readyz`)).status
  expect([status, (await fetch(`${origin}/healthz`)).status]).toEqual([503, 200])
  expect((await aGuest(origin, 'Late')).user.name).toBe('Late')
  server.kill('SIGINT')
  expect(await server.exited(2_000)).toBe(1)
})
