import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ChatError } from '../../../src/shared/errors.ts'
import { anApp } from '../../support/client/anApp.ts'
import { eventually } from '../../support/eventually.ts'
import { clientFrame, type RawSocket, rawSocket, serverFrames } from '../../support/server/rawSocket.ts'
import { openSocket } from '../../support/server/socketClient.ts'

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
const beats = (count: number) =>
  Buffer.concat(Array.from({ length: count }, () => clientFrame(0x81, '{"type":"beat"}')))

describe('coming in', () => {
  test('[F10] the first answer is `welcome`: who I am and what may be sent', async () => {
    const { ada } = await aLobby()
    const socket = await ada.socket()
    socket.send(HELLO)
    expect(await socket.hears('welcome')).toMatchObject({ version: 2, user: ada.user, beat: 25_000 })
    expect(socket.heard[0]?.type).toBe('welcome')
  })

  test.each(['', '?v=', '?v=1', '?v=3', '?v=2.0', '?v=2&v=1', '?version=2'])(
    '[F11] /ws%s is another version: close 4510',
    async (query) => {
      const { ada, origin } = await aLobby()
      const socket = await openSocket(`${origin.replace('http', 'ws')}/ws${query}`, ada.headers())
      expect((await socket.ends()).code).toBe(4510)
    },
  )

  test('[F12] without a living session the upgrade succeeds, and then the close says 4501', async () => {
    const { ws, origin } = await aLobby()
    for (const cookie of ['', 'session=x', `session=${'a'.repeat(43)}`])
      expect((await (await openSocket(ws, { origin, cookie })).ends()).code).toBe(4501)
  })

  test.each([
    ['for a reason of the disk', new ChatError('unavailable'), 0],
    ['for none we know', new Error('canary'), 1],
  ])(
    '[F12] a store that cannot be read %s closes with 1013: the client comes back',
    async (_why, error, logged) => {
      const { ada, store, trouble } = await aLobby()
      store.session = () => Promise.reject(error)
      expect((await (await ada.socket()).ends()).code).toBe(1013)
      expect(trouble).toHaveLength(logged)
    },
  )

  test('[F13] who says no hello within five seconds is closed with 4408', async () => {
    const { ada, pass } = await aLobby()
    const [silent, polite] = [await ada.socket(), await ada.enter()]
    pass(4_000)
    expect(silent.closed).toBeUndefined()
    pass(2_000)
    expect((await silent.ends()).code).toBe(4408)
    expect(polite.closed).toBeUndefined()
  })

  test('[S7] one more than twenty connections of a person takes the place of the oldest: 4509', async () => {
    const { ada } = await aLobby()
    const first = await ada.enter()
    const sockets = await Promise.all(Array.from({ length: 19 }, () => ada.enter()))
    const newest = await ada.enter('lobby')
    expect((await first.ends()).code).toBe(4509)
    expect([...sockets, newest].filter(({ closed }) => closed !== undefined)).toEqual([])
  })
})

describe('frames', () => {
  test('[F2] what is not JSON, or no object, is a bad frame, and the connection goes on', async () => {
    const { ada } = await aLobby()
    const socket = await ada.enter('lobby')
    const bad = ['', '{', 'hello', '123', 'null', '[]', '"text"']
    for (const text of bad) socket.raw(text)
    await eventually(
      'an answer to each',
      () => socket.heard.filter(({ type }) => type === 'error').length === bad.length,
    )
    expect(socket.heard.filter(({ type }) => type === 'error')).toEqual(
      bad.map(() => ({ type: 'error', code: 'badFrame', message: expect.any(String), retry: false })),
    )
    socket.send(send(1))
    expect(await socket.hears('ack')).toMatchObject({ seq: 1 })
  })

  test('[F5] a frame of unknown type, or with unknown fields, is taken as if they were not there', async () => {
    const { ada } = await aLobby()
    const socket = await ada.enter('lobby')
    socket.send({ type: 'dance', style: 'tango' })
    socket.send({ ...send(1), mood: 'good' })
    expect(await socket.hears('ack')).toMatchObject({ seq: 1 })
    expect(socket.heard.filter(({ type }) => type === 'error')).toEqual([])
  })

  test('[S13] who said it, when, and as which event is the server’s word, whatever the frame says', async () => {
    const { ada, bob } = await aLobby()
    const [a, b] = [await ada.enter('lobby'), await bob.enter('lobby')]
    const forged = {
      user: { id: bob.user.id, name: 'Bob' },
      at: 5,
      seq: 99,
      id: 'abc',
      kind: 'notice',
      by: 'moderator',
    }
    a.send({ ...send(1), ...forged })
    const event = await b.hears('event')
    expect(event).toMatchObject({ kind: 'message', seq: 1, user: { id: ada.user.id, name: 'Ada' } })
    expect([event.at === 5, event.id === 'abc']).toEqual([false, false])
    expect(Object.keys(event).sort()).toEqual([
      'at',
      'id',
      'kind',
      'nonce',
      'room',
      'seq',
      'text',
      'type',
      'user',
    ])
  })

  test('[F14] before hello every frame is a bad one, and so is a second hello', async () => {
    const { ada } = await aLobby()
    const socket = await ada.socket()
    socket.send(send(1))
    expect(await socket.hears('error')).toMatchObject({ code: 'badFrame', nonce: send(1).nonce })
    socket.send({ type: 'beat' })
    await socket.hears('error', (error) => error.nonce === undefined)
    socket.send(HELLO)
    await socket.hears('welcome')
    const before = socket.heard.length
    socket.send(HELLO)
    expect(await socket.hears('error', () => true, before)).toMatchObject({ code: 'badFrame' })
  })

  test('[F15] a frame of 16,384 bytes is read, one more ends the connection with 1009', async () => {
    const { ada } = await aLobby()
    const socket = await ada.enter('lobby')
    const text = JSON.stringify({ ...send(1), padding: '' })
    const sized = (bytes: number) =>
      text.replace('"padding":""', `"padding":"${'x'.repeat(bytes - text.length)}"`)
    socket.raw(sized(16_384))
    expect(await socket.hears('ack')).toMatchObject({ seq: 1 })
    socket.raw(sized(16_385))
    expect([1006, 1009]).toContain((await socket.ends()).code)
  })

  test('[F16] a binary frame ends the connection with 1003', async () => {
    const { ada } = await aLobby()
    const socket = await ada.enter('lobby')
    socket.raw(new Uint8Array([123, 125]))
    expect((await socket.ends()).code).toBe(1003)
  })

  test('[F6] a text that is too big is refused by its nonce and costs nothing but itself', async () => {
    const { ada } = await aLobby()
    const socket = await ada.enter('lobby')
    socket.send(send(1, 'x'.repeat(4_001)))
    expect(await socket.hears('error')).toMatchObject({ code: 'tooBig', nonce: send(1).nonce, retry: false })
    socket.send(send(1, 'x'.repeat(4_000)))
    expect(await socket.hears('ack')).toMatchObject({ seq: 1 })
  })

  test('[F17] the frames of one connection are handled in their order, also while the first one waits', async () => {
    const { ada, hub } = await aLobby()
    const order: string[] = []
    const { promise: held, resolve: go } = Promise.withResolvers<void>()
    const join = hub.join.bind(hub)
    hub.join = async (from, frame) => {
      await held
      order.push('join')
      return join(from, frame)
    }
    const state = hub.state.bind(hub)
    hub.state = (from, frame) => {
      order.push('state')
      state(from, frame)
    }
    const socket = await ada.enter()
    socket.send({ type: 'join', ref: 'r', room: 'lobby' })
    socket.send({ type: 'state', state: 'idle' })
    socket.send(send(1))
    await ada.ask('/api/session')
    expect(order).toEqual([])
    go()
    expect(await socket.hears('ack')).toMatchObject({ seq: 1 })
    expect(order).toEqual(['join', 'state'])
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
    expect(await socket.hears('error', ({ ref }) => ref === 'r')).toMatchObject({
      code: 'internal',
      retry: true,
    })
    expect(trouble).toHaveLength(2)
    socket.send(send(1))
    await socket.hears('ack')
  })

  test('[S29] no answer to a frame is longer than 200 bytes or repeats what was sent', async () => {
    const { port, ada } = await aLobby()
    const socket = await byHand(port, ada.cookie)
    const canary = 'canary'.repeat(200)
    const before = serverFrames(socket.bytes()).length
    const frames: unknown[] = [
      canary,
      { type: 'send', nonce: canary },
      { ...send(1), text: '\u0000' },
      { ...send(2), room: canary },
    ]
    for (const frame of frames) socket.write(clientFrame(0x81, JSON.stringify(frame)))
    const answers = await eventually('the answers', () => {
      const heard = serverFrames(socket.bytes()).slice(before)
      return heard.length >= frames.length && heard
    })
    expect(answers.filter(({ payload }) => payload.length > 200)).toEqual([])
    expect(socket.text()).not.toContain('canary')
  })
})

describe('the end', () => {
  test('[H20] when a socket has gone its person is away after their grace, and its place is free', async () => {
    const { ada, bob, hub, pass } = await aLobby()
    const [a, b] = [await ada.enter('lobby'), await bob.enter('lobby')]
    pass(2_000)
    a.close()
    await eventually('the hub is told', () => hub.stats().connections === 1)
    expect(b.heard.some((frame) => frame.type === 'presence' && frame.left !== undefined)).toBe(false)
    pass(16_000)
    expect(await b.hears('presence', ({ left }) => left?.includes(ada.user.id) ?? false)).toMatchObject({
      room: 'lobby',
    })
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

  test('[O13] a drain tells everybody, then closes with 1012', async () => {
    const { ada, bob, hub } = await aLobby()
    const sockets = [await ada.enter('lobby'), await bob.enter('lobby'), await ada.enter()]
    await hub.drain()
    const ends = await Promise.all(sockets.map((socket) => socket.ends()))
    expect(ends.map(({ code }) => code)).toEqual([1012, 1012, 1012])
    for (const { heard } of sockets) expect(heard).toContainEqual({ type: 'drain', spread: 2_000 })
  })

  test('[S30] a socket that goes while it is asked who it is leaves nothing behind', async () => {
    const { port, ada, hub, trouble } = await aLobby()
    const whoIs = hub.sessions.whoIs.bind(hub.sessions)
    const { promise: held, resolve: go } = Promise.withResolvers<void>()
    hub.sessions.whoIs = async (hash) => {
      await held
      return whoIs(hash)
    }
    const socket = await rawSocket(port, '/ws?v=2', [
      `Cookie: ${ada.cookie}`,
      `Origin: http://localhost:${port}`,
    ])
    socket.write(beats(3))
    socket.end()
    await eventually('the end', () => socket.closed)
    go()
    await ada.ask('/healthz')
    // The server may hear of the end after it has let the socket in.
    await eventually('nothing is left', () => hub.stats().connections === 0)
    expect(trouble).toEqual([])
  })
})
