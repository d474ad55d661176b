import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { worked } from '../../support/aMeasure.ts'
import { anApp } from '../../support/client/anApp.ts'
import { eventually } from '../../support/eventually.ts'
import { clientFrame, type RawSocket, rawSocket, serverFrames } from '../../support/server/rawSocket.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(20_000)

const apps: Awaited<ReturnType<typeof anApp>>[] = []
afterAll(() => Promise.all(apps.map((app) => app.stop())))

/** A server with Ada and Bob, both with a session. */
async function aLobby(options: Parameters<typeof anApp>[0] = {}) {
  const app = await anApp(options)
  apps.push(app)
  const [ada, bob] = [await app.guest('Ada'), await app.guest('Bob')]
  return { ...app, ada, bob }
}
const HELLO = { type: 'hello', rooms: [], state: 'active' }
const send = (at: number, text = 'hi') => ({
  type: 'send',
  nonce: `nonce-${String(at).padStart(6, '0')}`,
  room: 'lobby',
  text,
})
/** Ada's socket by hand, past her hello, live in the lobby. */
async function byHand(port: number, cookie: string): Promise<RawSocket> {
  const socket = await rawSocket(port, '/ws?v=2', [`Cookie: ${cookie}`, `Origin: http://localhost:${port}`])
  const rooms = [{ room: 'lobby', seq: 0, id: null }]
  socket.write(clientFrame(0x81, JSON.stringify({ ...HELLO, rooms })))
  await eventually('the room', () => socket.text().includes('"more":false'))
  return socket
}

describe('too much', () => {
  test('[F7] beyond sixty frames at once they are dropped unread, said once without a nonce, and said when to go on', async () => {
    const { ada } = await aLobby()
    const socket = await ada.enter('lobby')
    for (let at = 0; at < 100; at += 1) socket.send({ type: 'typing', room: 'lobby', on: false })
    const error = await socket.hears('error')
    expect(error).toEqual({
      type: 'error',
      code: 'rateLimited',
      message: 'Too fast.',
      retry: true,
      after: 50,
    })
    socket.send({ type: 'state', state: 'idle' })
    await ada.ask('/api/session')
    expect(socket.heard.filter(({ type }) => type === 'error')).toHaveLength(1)
    expect(socket.closed).toBeUndefined()
  })

  test('[F7, S6] a flood is closed with 4429 before it is read, and the others do not notice', async () => {
    const { port, ada, bob } = await aLobby()
    const [flood, other] = [await byHand(port, ada.cookie), await bob.enter('lobby')]
    const said = Buffer.concat(
      Array.from({ length: 5_000 }, (_, at) => clientFrame(0x81, JSON.stringify(send(at)))),
    )
    const ms = await worked(() => {
      flood.write(said)
      return eventually('the close', () => flood.code() === 4429)
    })
    expect(ms).toBeLessThan(1_000)
    other.send(send(1))
    await other.hears('ack')
    expect(
      other.heard.filter((frame) => frame.type === 'event' && frame.user?.id === ada.user.id).length,
    ).toBeLessThanOrEqual(16)
  })

  test('[F9, S6] ten bad frames within a minute close with 4400', async () => {
    const { ada, pass } = await aLobby()
    const socket = await ada.enter()
    for (let at = 0; at < 9; at += 1) {
      socket.raw('{')
      await eventually(
        'its answer',
        () => socket.heard.filter(({ type }) => type === 'error').length === at + 1,
      )
      pass(2_000)
    }
    expect(socket.closed).toBeUndefined()
    socket.raw('{')
    expect((await socket.ends()).code).toBe(4400)
  })

  test('[F18, S5] a flood of pings is a flood', async () => {
    const { port, ada } = await aLobby()
    const socket = await byHand(port, ada.cookie)
    socket.write(Buffer.concat(Array.from({ length: 60 }, () => clientFrame(0x89, ''))))
    await eventually(
      'the pongs',
      () => serverFrames(socket.bytes()).filter(({ opcode }) => opcode === 10).length === 60,
    )
    expect(socket.code()).toBeUndefined()
    socket.write(Buffer.concat(Array.from({ length: 500 }, () => clientFrame(0x89, ''))))
    await eventually('the close', () => socket.code() === 4429)
  })

  test('[S57] unasked pongs are charged as pings are', async () => {
    const { port, ada } = await aLobby()
    const socket = await byHand(port, ada.cookie)
    socket.write(Buffer.concat(Array.from({ length: 500 }, () => clientFrame(0x8a, ''))))
    await eventually('the close', () => socket.code() === 4429)
  })

  test('[F19] of frames that wait for the one under way 128 are kept, the next are refused by their names', async () => {
    const { port, ada, hub, pass } = await aLobby()
    const socket = await byHand(port, ada.cookie)
    hub.join = () => new Promise(() => {})
    const pongs = () => serverFrames(socket.bytes()).filter(({ opcode }) => opcode === 10).length
    for (let at = 0; at < 131; at += 1) {
      socket.write(clientFrame(0x81, JSON.stringify({ type: 'join', ref: `r${at}`, room: 'lobby' })))
      if (at % 50 !== 49) continue
      const before = pongs()
      socket.write(clientFrame(0x89, ''))
      await eventually('all of them to be read', () => pongs() > before)
      pass(3_000)
    }
    const refused = await eventually('the refusals', () => {
      const heard = serverFrames(socket.bytes()).filter(({ opcode }) => opcode === 1)
      const frames = heard.map(({ payload }) => JSON.parse(payload.toString()) as ServerFrame)
      const errors = frames.filter((frame) => frame.type === 'error')
      return errors.length >= 2 && errors
    })
    expect(refused.map(({ code, ref }) => [code, ref])).toEqual([
      ['overloaded', 'r129'],
      ['overloaded', 'r130'],
    ])
    socket.end()
    await eventually('the hub is told', () => hub.stats().connections === 0)
  })

  test('[S9] pages of history wait for a reader that does not read, and all of them arrive', async () => {
    const { port, ada, store } = await aLobby()
    const draft = (at: number) => ({
      kind: 'message' as const,
      room: 'lobby',
      id: `018bcfe5-6800-7000-8000-${String(at).padStart(12, '0')}`,
      at,
      user: { id: ada.user.id, name: 'Ada' },
      nonce: `nonce-${String(at).padStart(6, '0')}`,
      text: '漢'.repeat(4_000),
    })
    // The store in memory measures a page anew for each event it leaves out; twenty of these always fit.
    const events = store.events.bind(store)
    store.events = (room, after) => events(room, after, 20)
    await store.commit(Array.from({ length: 900 }, (_, at) => draft(at + 1)))
    const socket = await rawSocket(port, '/ws?v=2', [
      `Cookie: ${ada.cookie}`,
      `Origin: http://localhost:${port}`,
    ])
    socket.pause()
    const rooms = [{ room: 'lobby', seq: 1, id: await store.idAt('lobby', 1) }]
    socket.write(clientFrame(0x81, JSON.stringify({ ...HELLO, rooms })))
    await ada.ask('/api/rooms')
    socket.resume()
    await eventually('the last page', () => socket.last(200_000).includes('"more":false'), 10_000)
    expect(socket.code()).toBeUndefined()
    const pages = serverFrames(socket.bytes()).map(
      ({ payload }) => JSON.parse(payload.toString()) as ServerFrame,
    )
    const seqs = pages.flatMap((page) => (page.type === 'sync' ? page.events.map(({ seq }) => seq) : []))
    expect(seqs).toEqual(Array.from({ length: 899 }, (_, at) => at + 2))
  }, 20_000)
})
