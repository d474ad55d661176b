import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import type { Position } from '../../src/shared/model.ts'
import { timed } from '../support/aMeasure.ts'
import { type Guest, aGuest } from '../support/client/anApp.ts'
import { aServer, aTemporaryDir, freePort, type ServerProcess } from '../support/server/aServer.ts'
import type { SocketClient } from '../support/server/socketClient.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(20_000)

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A directory, and servers on it one after the other, all under one address. */
function aHouse() {
  const { dir, remove } = aTemporaryDir()
  cleanups.push(remove)
  const env = { DATA_DIR: dir, PORT: String(freePort()) }
  const start = async (): Promise<[ServerProcess, string]> => {
    const server = await aServer(env)
    cleanups.push(async () => {
      server.kill('SIGKILL')
      await server.exited()
    })
    return [server, await server.ready()]
  }
  return { dir, start }
}

async function resumed(guest: Guest, { seq, id }: Position): Promise<SocketClient> {
  const socket = await guest.socket()
  socket.send({ type: 'hello', rooms: [{ room: 'lobby', seq, id }], state: 'active' })
  return socket
}

test('[C43, M2] killed between two messages, the server comes back with everything, and everybody goes on where they were', async () => {
  const { start } = aHouse()
  const [first, origin] = await start()
  const [ada, bob] = [await aGuest(origin, 'Ada'), await aGuest(origin, 'Bob')]
  const [a, b] = [await ada.enter('lobby'), await bob.enter('lobby')]
  const send = (socket: SocketClient, nonce: string) =>
    socket.send({ type: 'send', nonce, room: 'lobby', text: nonce })
  send(a, 'before-0001')
  const { seq, id } = await a.hears('ack')
  await b.hears('event')
  send(a, 'before-0002')
  await a.hears('ack', (ack) => ack.nonce === 'before-0002')
  first.kill('SIGKILL')
  expect((await b.ends()).code).toBe(1006)
  await first.exited()

  await start()
  expect(await (await ada.ask('/api/session')).json()).toEqual({ user: ada.user })
  const back = await resumed(bob, { seq, id })
  const sync = await back.hears('sync')
  expect(sync.events.map((event) => [event.seq, event.text])).toEqual([[2, 'before-0002']])
  expect(back.heard.some(({ type }) => type === 'reset')).toBe(false)

  const again = await resumed(ada, { seq: 2, id: sync.events[0]?.id ?? null })
  await again.hears('sync', ({ more }) => !more)
  send(again, 'before-0002')
  expect(await again.hears('ack')).toMatchObject({ seq: 2, duplicate: true })
  send(again, 'after-0003')
  expect(await back.hears('event')).toMatchObject({
    seq: 3,
    text: 'after-0003',
    user: ada.user && { id: ada.user.id },
  })
}, 40_000)

test('[O13, C44] SIGTERM says goodbye: drain, 1012, exit 0; what was acknowledged is there at the next start', async () => {
  const { start } = aHouse()
  const [server, origin] = await start()
  const ada = await aGuest(origin, 'Ada')
  const a = await ada.enter('lobby')
  a.send({ type: 'send', nonce: 'last-000001', room: 'lobby', text: 'last words' })
  const { seq, id } = await a.hears('ack')
  const { ms, answer: code } = await timed(async () => {
    server.kill('SIGTERM')
    expect((await a.ends()).code).toBe(1012)
    return await server.exited()
  })
  expect(a.heard).toContainEqual({ type: 'drain', spread: 2_000 })
  expect(code).toBe(0)
  expect(ms).toBeLessThan(3_000)
  expect(server.err()).toBe('')

  await start()
  const back = await resumed(ada, { seq, id })
  expect(await back.hears('sync')).toMatchObject({ events: [], head: 1, more: false })
}, 40_000)

test('[O13] SIGINT does the same, a second signal ends at once', async () => {
  const { dir, remove } = aTemporaryDir()
  cleanups.push(remove)
  const patient = await aServer({ DATA_DIR: dir, DRAIN_WAIT: '60', DRAIN_SECONDS: '90' })
  const origin = await patient.ready()
  patient.kill('SIGINT')
  let status = 200
  while (status === 200) status = (await fetch(`${origin}/readyz`)).status
  expect([status, (await fetch(`${origin}/healthz`)).status]).toEqual([503, 200])
  expect((await aGuest(origin, 'Late')).user.name).toBe('Late')
  patient.kill('SIGINT')
  expect(await patient.exited(2_000)).toBe(1)
}, 20_000)
