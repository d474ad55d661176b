import { describe, expect, setDefaultTimeout, spyOn, test } from 'bun:test'
import type { ServerWebSocket } from 'bun'
import { ChatError } from '../../../src/shared/errors.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { eventually } from '../../support/eventually.ts'
import { aLobby, drafts, HELLO, rawGuest } from '../../support/server/aRunningApp.ts'
import { clientFrame, type RawSocket, rawSocket, serverFrames } from '../../support/server/rawSocket.ts'
import { openSocket, type SocketClient } from '../../support/server/socketClient.ts'

// Real sockets on a busy machine.
setDefaultTimeout(20_000)

const EMPTY_HELLO = { ...HELLO, rooms: [] }
const message = (at: number, text = 'hi') => ({
  type: 'send',
  nonce: `nonce-${String(at).padStart(6, '0')}`,
  room: 'lobby',
  text,
})
const errorsOf = ({ heard }: SocketClient) => heard.filter((frame) => frame.type === 'error')
const framesOf = (socket: RawSocket) =>
  serverFrames(socket.bytes())
    .filter(({ opcode }) => opcode === 1)
    .map(({ payload }) => JSON.parse(payload.toString()) as ServerFrame)
const pongsOf = (socket: RawSocket) => serverFrames(socket.bytes()).filter(({ opcode }) => opcode === 10)
const many = (count: number, frame: Uint8Array) => Buffer.concat(Array.from({ length: count }, () => frame))

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

describe('opening', () => {
  test('[F10] the first answer to `hello` is `welcome`', async () => {
    const { ada } = await aLobby()
    const socket = await ada.socket()
    socket.send(EMPTY_HELLO)
    expect(await socket.hears('welcome')).toMatchObject({ version: 2, user: ada.user, beat: 25_000 })
    expect(socket.heard[0]?.type).toBe('welcome')
  })

  test('[F11] another version, or none, is closed with 4510, and its place is free', async () => {
    const { ada, ws } = await aLobby({ maxConnections: 1 })
    for (const query of ['', '?v=', '?v=1', '?v=3', '?v=2.0', '?v=2&v=1', '?version=2']) {
      const socket = await openSocket(ws.replace('?v=2', query), ada.headers())
      expect([query, (await socket.ends()).code]).toEqual([query, 4510])
    }
  })

  test('[F12] without a living session the upgrade succeeds, and then the close says 4501', async () => {
    const { ws, origin } = await aLobby()
    for (const cookie of ['', 'session=x', `session=${'a'.repeat(43)}`])
      expect((await (await openSocket(ws, { origin, cookie })).ends()).code).toBe(4501)
  })

  test.each([
    ['because of the disk', new ChatError('unavailable'), 0],
    ['because of a bug, which is logged', new Error('canary'), 1],
  ])('[F12] a store that cannot be read %s closes with 1013', async (_why, error, logged) => {
    const { ada, store, trouble } = await aLobby()
    store.session = () => Promise.reject(error)
    expect((await (await ada.socket()).ends()).code).toBe(1013)
    expect(trouble).toHaveLength(logged)
  })

  test('[F13] a client that says no hello within five seconds is closed with 4408', async () => {
    const { ada, hub, pass } = await aLobby()
    const [silent, polite] = [await ada.socket(), await ada.enter()]
    const leaving = spyOn(hub, 'close')
    pass(4_000)
    expect(silent.closed).toBeUndefined()
    pass(2_000)
    // Bun reports the close within the call that closes, but the hub is promised a later turn.
    expect(leaving).not.toHaveBeenCalled()
    expect((await silent.ends()).code).toBe(4408)
    expect([leaving.mock.calls.length, polite.closed]).toEqual([1, undefined])
  })

  test('[S7] a person’s twenty-first connection closes the oldest with 4509', async () => {
    const { ada } = await aLobby()
    const first = await ada.enter()
    const sockets = await Promise.all(Array.from({ length: 19 }, () => ada.enter()))
    const newest = await ada.enter('lobby')
    expect((await first.ends()).code).toBe(4509)
    expect([...sockets, newest].filter(({ closed }) => closed !== undefined)).toEqual([])
  })
})

describe('frames', () => {
  test('[F2] text that is not JSON, or no object, is a bad frame, and the connection goes on', async () => {
    const { ada } = await aLobby()
    const socket = await ada.enter('lobby')
    const bad = ['', '{', 'hello', '123', 'null', '[]', '"text"']
    for (const text of bad) socket.raw(text)
    await eventually('an answer to each', () => errorsOf(socket).length === bad.length)
    const error = { type: 'error', code: 'badFrame', message: expect.any(String), retry: false }
    expect(errorsOf(socket)).toEqual(bad.map(() => error as never))
    socket.send({ type: 'dance', style: 'tango' })
    socket.send(message(1))
    expect(await socket.hears('ack')).toMatchObject({ seq: 1 })
    expect(errorsOf(socket)).toHaveLength(bad.length)
  })

  test('[F14] before hello every frame is a bad one, and so is a second hello', async () => {
    const { ada } = await aLobby()
    const socket = await ada.socket()
    socket.send(message(1))
    expect(await socket.hears('error')).toMatchObject({ code: 'badFrame', nonce: message(1).nonce })
    socket.send({ type: 'beat' })
    await socket.hears('error', (error) => error.nonce === undefined)
    socket.send(EMPTY_HELLO)
    await socket.hears('welcome')
    const before = socket.heard.length
    socket.send(EMPTY_HELLO)
    expect(await socket.hears('error', () => true, before)).toMatchObject({ code: 'badFrame' })
  })

  test('[F15] a frame of 16,384 bytes is read, one more ends the connection with 1009', async () => {
    const { ada } = await aLobby()
    const socket = await ada.enter('lobby')
    const text = JSON.stringify({ ...message(1), padding: '' })
    const sized = (bytes: number) =>
      text.replace('"padding":""', `"padding":"${'x'.repeat(bytes - text.length)}"`)
    socket.raw(sized(16_384))
    expect(await socket.hears('ack')).toMatchObject({ seq: 1 })
    socket.raw(sized(16_385))
    expect([1006, 1009]).toContain((await socket.ends()).code)
  })

  test('[F17] the frames of one connection are handled in their order, also while the first one waits', async () => {
    const { ada, hub } = await aLobby()
    const order: string[] = []
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const join = hub.join.bind(hub)
    hub.join = async (socket, frame) => {
      await held
      order.push('join')
      return join(socket, frame)
    }
    const state = hub.state.bind(hub)
    hub.state = (socket, frame) => {
      order.push('state')
      state(socket, frame)
    }
    const socket = await ada.enter()
    socket.send({ type: 'join', ref: 'r', room: 'lobby' })
    socket.send({ type: 'state', state: 'idle' })
    socket.send(message(1))
    await ada.ask('/api/session')
    expect(order).toEqual([])
    release()
    expect(await socket.hears('ack')).toMatchObject({ seq: 1 })
    expect(order).toEqual(['join', 'state'])
  })

  test('[F19] 128 frames wait for the one being handled, the next are refused with `overloaded` and their ref', async () => {
    const { port, ada, hub, pass } = await aLobby()
    const socket = await rawGuest(port, ada.cookie)
    hub.join = () => new Promise(() => {})
    for (let at = 0; at < 131; at += 1) {
      socket.write(clientFrame(0x81, JSON.stringify({ type: 'join', ref: `r${at}`, room: 'lobby' })))
      if (at % 50 !== 49) continue
      const before = pongsOf(socket).length
      socket.write(clientFrame(0x89, ''))
      await eventually('all of them to be read', () => pongsOf(socket).length > before)
      pass(3_000)
    }
    const refused = await eventually('the refusals', () => {
      const errors = framesOf(socket).filter((frame) => frame.type === 'error')
      return errors.length >= 2 && errors
    })
    expect(refused.map(({ code, ref }) => [code, ref])).toEqual([
      ['overloaded', 'r129'],
      ['overloaded', 'r130'],
    ])
    socket.end()
    await eventually('the hub forgets it', () => hub.stats().connections === 0)
  })

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

  test('[S30] a bug behind a frame is answered with `internal` and logged; the connection goes on', async () => {
    const { ada, hub, trouble } = await aLobby()
    const socket = await ada.enter('lobby')
    hub.typing = () => {
      throw new Error('canary in /some/path')
    }
    hub.leave = () => Promise.reject(new Error('canary'))
    socket.send({ type: 'typing', room: 'lobby', on: true })
    expect(JSON.stringify(await socket.hears('error'))).not.toContain('canary')
    socket.send({ type: 'leave', ref: 'r', room: 'lobby' })
    const error = await socket.hears('error', ({ ref }) => ref === 'r')
    expect(error).toMatchObject({ code: 'internal', retry: true })
    expect(trouble).toHaveLength(2)
    socket.send(message(1))
    await socket.hears('ack')
  })
})

describe('too much', () => {
  test('[F7] beyond sixty frames at once a client is told once, without a nonce, how long to wait', async () => {
    const { ada } = await aLobby()
    const socket = await ada.enter('lobby')
    for (let at = 0; at < 100; at += 1) socket.send({ type: 'typing', room: 'lobby', on: false })
    const error = {
      type: 'error',
      code: 'rateLimited',
      message: 'Too fast.',
      retry: true,
      after: 50,
    } as const
    expect(await socket.hears('error')).toEqual(error)
    socket.send({ type: 'state', state: 'idle' })
    await ada.ask('/api/session')
    expect([errorsOf(socket).length, socket.closed]).toEqual([1, undefined])
  })

  test('[F9, S6] the tenth bad frame within a minute closes with 4400', async () => {
    const { ada, pass } = await aLobby()
    const socket = await ada.enter()
    for (let at = 1; at < 10; at += 1) {
      socket.raw('{')
      await eventually('its answer', () => errorsOf(socket).length === at)
      pass(2_000)
    }
    expect(socket.closed).toBeUndefined()
    socket.raw('{')
    expect((await socket.ends()).code).toBe(4400)
  })

  test('[F18, S57] sixty pings are answered; a flood of pings, or of unasked pongs, closes with 4429', async () => {
    const { port, ada } = await aLobby()
    const [pinging, ponging] = [await rawGuest(port, ada.cookie), await rawGuest(port, ada.cookie)]
    pinging.write(many(60, clientFrame(0x89, '')))
    await eventually('the pongs', () => pongsOf(pinging).length === 60)
    expect(pinging.code()).toBeUndefined()
    pinging.write(many(500, clientFrame(0x89, '')))
    ponging.write(many(500, clientFrame(0x8a, '')))
    await eventually('the ends', () => pinging.code() === 4429 && ponging.code() === 4429)
  })

  test('[S9] pages of history wait for a client that does not read, and all of them arrive', async () => {
    const { port, ada, store } = await aLobby()
    // The store in memory measures a page anew for each event it leaves out; twenty of these always fit.
    const events = store.events.bind(store)
    store.events = (room, after) => events(room, after, 20)
    await store.commit(drafts(ada.user, 900, { text: '漢'.repeat(4_000) }))
    const headers = { Cookie: ada.cookie, Origin: `http://localhost:${port}` }
    const socket = await rawSocket(port, headers)
    socket.pause()
    const rooms = [{ room: 'lobby', seq: 1, id: await store.idAt('lobby', 1) }]
    socket.write(clientFrame(0x81, JSON.stringify({ ...HELLO, rooms })))
    await ada.ask('/api/rooms')
    socket.resume()
    await eventually('the last page', () => socket.last(200_000).includes('"more":false'), 10_000)
    expect(socket.code()).toBeUndefined()
    const pages = framesOf(socket).filter((frame) => frame.type === 'sync')
    const seqs = pages.flatMap((page) => page.events.map(({ seq }) => seq))
    expect(seqs).toEqual(Array.from({ length: 899 }, (_, at) => at + 2))
  })
})

describe('the end', () => {
  test('[H20] when a socket has gone its person leaves after their grace, and its place is free', async () => {
    const { ada, bob, hub, pass } = await aLobby()
    const [a, b] = [await ada.enter('lobby'), await bob.enter('lobby')]
    pass(2_000)
    a.close()
    await eventually('the hub hears of it', () => hub.stats().connections === 1)
    expect(b.heard.some((frame) => frame.type === 'presence' && frame.left !== undefined)).toBe(false)
    pass(16_000)
    const presence = await b.hears('presence', ({ left }) => left?.includes(ada.user.id) ?? false)
    expect(presence).toMatchObject({ room: 'lobby' })
  })

  test('[H21] a client that never answers a beat is closed with 1001', async () => {
    const { ada, pass } = await aLobby()
    const socket = await ada.enter('lobby')
    pass(50_000)
    expect(socket.closed).toBeUndefined()
    pass(30_000)
    expect((await socket.ends()).code).toBe(1001)
    expect(socket.heard.filter(({ type }) => type === 'beat').length).toBeGreaterThan(1)
  })

  test('[S30] a socket that ends while it is authenticated leaves nothing behind', async () => {
    const { port, ada, hub, trouble } = await aLobby()
    const whoIs = hub.sessions.whoIs.bind(hub.sessions)
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    hub.sessions.whoIs = async (hash) => {
      await held
      return whoIs(hash)
    }
    const headers = { Cookie: ada.cookie, Origin: `http://localhost:${port}` }
    const socket = await rawSocket(port, headers)
    socket.write(many(3, clientFrame(0x81, '{"type":"beat"}')))
    socket.end()
    await eventually('the end', () => socket.closed)
    release()
    await ada.ask('/healthz')
    // The server may hear of the end after it has let the socket in.
    await eventually('nothing is left', () => hub.stats().connections === 0)
    expect(trouble).toEqual([])
  })
})
