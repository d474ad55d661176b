import { afterEach, describe, expect, test } from 'bun:test'
import { createSocket, type Wire } from '../../../src/client/net/socket.ts'
import type { ClientFrame } from '../../../src/shared/protocol.ts'
import { numbers, welcome } from '../../support/client/aState.ts'
import { eventually } from '../../support/eventually.ts'
import { aSocket, hello } from '../../support/client/aSocket.ts'

const SECOND = 1_000

describe('getting there', () => {
  test('[U51] it connects, says hello, and is live with the welcome', () => {
    const it = aSocket()
    it.socket.start()
    expect(it.state).toBe('connecting')
    it.wire.open()
    expect(it.state).toBe('hello')
    expect(it.wire.sent).toEqual([hello])
    it.wire.say(welcome)
    expect(it.state).toBe('live')
    expect(it.heard).toEqual([welcome])
    expect(it.backs).toBe(1)
  })

  test('[U51] eight seconds without an open socket, or without a welcome, are enough', () => {
    const deaf = aSocket()
    deaf.socket.start()
    deaf.time.pass(7_999)
    expect(deaf.state).toBe('connecting')
    deaf.time.pass(1)
    expect(deaf.state).toBe('waiting')
    expect(deaf.wire.closed).toBe(true)

    const dumb = aSocket()
    dumb.socket.start()
    dumb.wire.open()
    dumb.time.pass(8_000)
    expect(dumb.state).toBe('waiting')
  })

  test('[T6] what an older socket still says is not heard', () => {
    const it = aSocket().live()
    const old = it.wire
    const { onmessage, onclose } = old
    old.end(1006)
    it.time.pass(it.wait)
    it.live()
    onmessage?.({ data: JSON.stringify({ type: 'drain', spread: 1 }) })
    onclose?.({ code: 4501 })
    expect(it.state).toBe('live')
    expect(it.heard.filter(({ type }) => type === 'drain')).toEqual([])
  })

  test('[U51] an address that the browser refuses counts as an attempt', () => {
    const it = aSocket()
    it.world.refuse = true
    it.socket.start()
    expect(it.state).toBe('waiting')
  })

  test('[T6] what is no frame is passed over', () => {
    const it = aSocket().live()
    for (const data of ['{', 'null', '[]', '17', '{"type":1}', new ArrayBuffer(2)])
      it.wire.onmessage?.({ data })
    expect(it.state).toBe('live')
    expect(it.heard).toEqual([welcome])
  })
})

describe('sending', () => {
  test('[M62] nothing is sent unless it is live, and it says so', () => {
    const it = aSocket()
    const frame: ClientFrame = { type: 'typing', room: 'lobby', on: true }
    expect(it.socket.send(frame)).toBe(false)
    it.socket.start()
    it.wire.open()
    expect(it.socket.send(frame)).toBe(false)
    it.wire.say(welcome)
    expect(it.socket.send(frame)).toBe(true)
    expect(it.wire.sent).toEqual([hello, frame])
  })

  test('[M62] after a drain nothing is sent, and the close is waited for', () => {
    const it = aSocket().live()
    it.wire.say({ type: 'drain', spread: 4_000 })
    expect(it.socket.send({ type: 'beat' })).toBe(false)
    expect(it.state).toBe('live')
    it.time.pass(10 * SECOND)
    expect(it.state).toBe('waiting')
  })

  test('[C69] each beat is answered from where it is heard', () => {
    const it = aSocket().live()
    it.wire.say({ type: 'beat', heads: {} })
    expect(it.wire.sent.at(-1)).toEqual({ type: 'beat' })
  })
})

describe('doubt', () => {
  test('[T6] 35 seconds of silence ask a question, and 3 more end it', () => {
    const it = aSocket().live()
    it.time.pass(34_999)
    expect(it.state).toBe('live')
    it.time.pass(1)
    expect(it.state).toBe('suspect')
    expect(it.wire.sent.at(-1)).toEqual({ type: 'beat' })
    it.time.pass(3 * SECOND)
    expect(it.state).toBe('waiting')
    expect(it.closes).toEqual([1006])
  })

  test('[T6] any frame answers, and what has no ack may be sent again', () => {
    const it = aSocket().live()
    it.socket.probe()
    it.wire.say({ type: 'typing', room: 'lobby', user: { id: 'b', name: 'Bob' }, on: true })
    expect(it.state).toBe('live')
    expect(it.backs).toBe(2)
    it.time.pass(30 * SECOND)
    expect(it.state).toBe('live')
  })

  test('[T6] beats keep it alive for hours', () => {
    const it = aSocket().live()
    for (const _ of numbers(1, 400)) {
      it.time.pass(25 * SECOND)
      it.wire.say({ type: 'beat', heads: {} })
    }
    expect(it.links.map(({ state }) => state)).toEqual(['connecting', 'hello', 'live'])
    expect(it.time.waiting).toBe(1)
  })

  test('[U54] a clock that jumped by more than 75 s ends it at once, also when a frame comes first', () => {
    const it = aSocket().live()
    const wire = it.wire
    it.time.sleep(76 * SECOND)
    expect(wire.closed).toBe(true)
    expect(it.state).toBe('waiting')
  })

  test('[U54] a page that comes into view after such a sleep connects without waiting', () => {
    const it = aSocket().live()
    it.time.sleep(600 * SECOND)
    it.socket.nudge('visible')
    expect(it.state).toBe('connecting')
  })

  test('[U54] a page that comes into view asks a younger zombie, and knows within 3 s', () => {
    const it = aSocket().live()
    it.time.pass(20 * SECOND)
    it.socket.nudge('visible')
    expect(it.state).toBe('suspect')
    it.time.pass(3 * SECOND)
    expect(it.state).toBe('waiting')
  })

  test('[T6] a clock set back is no sleep', () => {
    const it = aSocket().live()
    it.time.sleep(-3_600 * SECOND)
    it.wire.say({ type: 'beat', heads: {} })
    expect(it.state).toBe('live')
  })
})

describe('a welcome to somebody else', () => {
  test('[U105] ends the connection before anything is heard or sent on it, and tells who it was for', () => {
    const it = aSocket().live()
    it.wire.end(1006)
    it.time.pass(it.wait)
    it.world.me = 'somebody else'
    it.wire.open()
    it.wire.say(welcome)
    it.wire.say({ type: 'beat', heads: {} })
    expect([it.state, it.became, it.heard, it.backs]).toEqual(['idle', [welcome.user.id], [welcome], 1])
    expect([it.wire.closed, it.wire.sent]).toEqual([true, [hello]])
    expect(it.closes).toEqual([1006, 1000])
    it.time.pass(60 * SECOND)
    expect(it.wires).toHaveLength(2)
  })
})

describe('on a real socket', () => {
  let stop = () => {}
  afterEach(() => stop())

  test('[C69] it finds a Bun server, survives a break, and stops when told to stay away', async () => {
    const opened: Bun.ServerWebSocket<undefined>[] = []
    const said: string[] = []
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request, it) => (it.upgrade(request) ? undefined : new Response('no', { status: 400 })),
      websocket: {
        open: (ws) => void opened.push(ws),
        message(ws, text) {
          said.push(String(text))
          if (String(text).includes('hello')) ws.send(JSON.stringify(welcome))
        },
      },
    })
    stop = () => void server.stop(true)
    const links: string[] = []
    const socket = createSocket(
      {
        open: () => new WebSocket(`ws://127.0.0.1:${server.port}/`) as Wire,
        now: () => Date.now(),
        after(ms, run) {
          const timer = setTimeout(run, ms)
          return () => clearTimeout(timer)
        },
        random: () => 0,
        isHidden: () => false,
        hasSession: async () => 'yes',
        userId: () => welcome.user.id,
        signedInAs: () => {},
      },
      {
        firstFrames: () => [hello],
        received: () => {},
        stateChanged: (link) => links.push(link.state),
        proven: () => {},
        closed: () => {},
      },
    )
    socket.start()
    await eventually('live', () => links.at(-1) === 'live')
    opened[0]?.terminate()
    await eventually('live again', () => opened.length === 2 && links.at(-1) === 'live')
    expect(socket.send({ type: 'beat' })).toBe(true)
    await eventually('the beat', () => said.includes('{"type":"beat"}'))
    opened[1]?.close(4503, 'banned')
    await eventually('the end', () => links.at(-1) === 'stopped')
    expect(links).toEqual([
      'connecting',
      'hello',
      'live',
      'waiting',
      'connecting',
      'hello',
      'live',
      'stopped',
    ])
  })
})
