import { afterEach, describe, expect, test } from 'bun:test'
import { createSocket, type NudgeReason, type Socket, type Wire } from '../../../src/client/net/socket.ts'
import type { ConnectionState } from '../../../src/client/state/state.ts'
import type { ClientFrame, ServerFrame } from '../../../src/shared/protocol.ts'
import { numbers, welcome } from '../../support/client/aState.ts'
import { eventually } from '../../support/eventually.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'

const SECOND = 1_000
const hello: ClientFrame = { type: 'hello', rooms: [], state: 'active' }

/** One side of a socket that the test holds in its hands. */
class FakeWire implements Wire {
  onopen: Wire['onopen'] = null
  onmessage: Wire['onmessage'] = null
  onclose: Wire['onclose'] = null
  readonly sent: ClientFrame[] = []
  closed = false

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame)
  }
  close(): void {
    this.closed = true
  }
  open(): void {
    this.onopen?.(undefined as never)
  }
  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  end(code: number): void {
    this.onclose?.({ code })
  }
}

interface Settings {
  random?: number
  hidden?: boolean
  session?: 'yes' | 'no' | 'unknown'
}

/** A socket in a world of its own: `wires` are its attempts, `links` what it told. */
function aSocket({ random = 0.5, hidden = false, session = 'yes' }: Settings = {}) {
  const time = fakeTime()
  const world = { random, hidden, session, refuse: false, me: welcome.user.id }
  const became: string[] = []
  const wires: FakeWire[] = []
  const links: ConnectionState[] = []
  const heard: ServerFrame[] = []
  const closes: number[] = []
  let backs = 0
  const socket: Socket = createSocket(
    {
      open() {
        if (world.refuse) throw new TypeError('refused')
        const wire = new FakeWire()
        wires.push(wire)
        return wire
      },
      now: () => time.now(),
      after: (ms, run) => time.after(ms, run),
      random: () => world.random,
      isHidden: () => world.hidden,
      hasSession: async () => world.session,
      userId: () => world.me,
      signedInAs: (user) => became.push(user.id),
    },
    {
      firstFrames: () => [hello],
      received: (frame) => heard.push(frame),
      stateChanged: (link) => links.push(link),
      proven: () => (backs += 1),
      closed: (code) => closes.push(code),
    },
  )
  const it = {
    socket,
    time,
    world,
    wires,
    links,
    heard,
    closes,
    became,
    get backs() {
      return backs
    },
    get wire(): FakeWire {
      const wire = wires.at(-1)
      if (wire === undefined) throw new TypeError('no attempt was made')
      return wire
    },
    get state() {
      return links.at(-1)?.state
    },
    live() {
      if (wires.length === 0) socket.start()
      it.wire.open()
      it.wire.say(welcome)
      return it
    },
    /** How long (ms) it waits now. */
    get wait(): number {
      const link = links.at(-1)
      if (link?.state !== 'waiting') throw new TypeError(`it does not wait, it is ${link?.state}`)
      return link.until - time.now()
    },
  }
  return it
}

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

describe('coming back', () => {
  test('[U51] waits grow from half a second and a bit to twenty, with chance in them', () => {
    const it = aSocket({ random: 1 })
    it.socket.start()
    const waits = numbers(1, 8).map((n) => {
      if (n === 8) it.world.random = 0
      it.wire.open()
      it.wire.end(4413)
      const { wait } = it
      it.time.pass(wait)
      return wait
    })
    expect(waits).toEqual([600, 1_100, 2_100, 4_100, 8_100, 16_100, 20_100, 100])
  })

  test('[U51] a server that is down for a minute sees at most 16 attempts', async () => {
    // Chances spread as evenly as they can be, from three beginnings.
    for (const first of [0, 0.3, 0.7]) {
      const it = aSocket({ session: 'unknown' }).live()
      it.wire.end(1006)
      it.world.refuse = true
      for (let passed = 0, n = 0; passed < 60 * SECOND; passed += 50) {
        it.world.random = (first + (n += 0.618)) % 1
        it.time.pass(50)
        if (it.state === 'connecting') await eventually('its end', () => it.state === 'waiting')
      }
      const attempts = it.links.filter(({ state }) => state === 'connecting').length - 1
      expect(attempts).toBeLessThanOrEqual(16)
      expect(attempts).toBeGreaterThan(3)
    }
  })

  test('[C75] a clock that is set back an hour makes neither a dead wire last nor attempts follow at once', async () => {
    const it = aSocket({ session: 'unknown' }).live()
    it.time.turn(-3_600 * SECOND)
    it.time.pass(39 * SECOND)
    expect(it.closes).toEqual([1006])
    const back = aSocket({ session: 'unknown' }).live()
    back.time.turn(-3_600 * SECOND)
    back.wire.end(1006)
    expect(back.wait).toBeGreaterThan(100)
  })

  test('[U51] ten seconds of life make the next wait short again', () => {
    const it = aSocket({ random: 1 })
    const waits = [1, 1, 1, 1, 1, 11].map((alive) => {
      it.live()
      it.time.pass(alive * SECOND)
      it.wire.end(4413)
      const { wait } = it
      it.time.pass(wait)
      return wait
    })
    expect(waits).toEqual([600, 1_100, 2_100, 4_100, 8_100, 600])
  })

  test('[U51] a live connection cut without a close, however often, is soon tried again', () => {
    const it = aSocket({ random: 1 })
    for (const _ of numbers(1, 10)) {
      it.live()
      it.time.pass(3 * SECOND)
      it.wire.end(1006)
      expect(it.wait).toBeLessThanOrEqual(2_100)
      it.time.pass(it.wait)
    }
  })

  test('[C90] however quick its first attempts were, nobody waits longer than two seconds and half as long as they were away', () => {
    const it = aSocket({ random: 0 }).live()
    it.wire.end(1006)
    for (const attempt of numbers(1, 6)) {
      it.time.pass(it.wait)
      if (attempt === 6) it.world.random = 1
      it.wire.open()
      it.wire.end(1006)
    }
    expect(it.wait).toBeLessThanOrEqual(2_000 + (6 * 100) / 2 + 100)
  })

  test('[U51] a hidden page waits up to five minutes, a visible one twenty seconds', () => {
    const waitAfter = (hidden: boolean) => {
      const it = aSocket({ random: 1, hidden })
      it.socket.start()
      for (const _ of numbers(1, 20)) {
        it.wire.open()
        it.wire.end(1006)
        it.time.pass(it.wait)
      }
      it.wire.open()
      it.wire.end(1006)
      return it.wait
    }
    expect(waitAfter(false)).toBe(20_100)
    expect(waitAfter(true)).toBe(300_100)
  })

  test('[U56] after a drain it comes back within the spread it was told, calmly', () => {
    const it = aSocket({ random: 0.25 }).live()
    it.wire.say({ type: 'drain', spread: 8_000 })
    it.wire.end(1012)
    expect(it.wait).toBe(2_000)
    expect(it.links.at(-1)).toMatchObject({ calm: true })
    it.time.pass(2_000)
    expect(it.links.at(-1)).toMatchObject({ state: 'connecting', calm: true })
  })

  test.each([1001, 1012])('[U56] a close by %d without a drain spreads over two seconds', (code) => {
    const it = aSocket({ random: 1 }).live()
    it.wire.end(code)
    expect(it.wait).toBe(2_000)
  })

  test('[U51] an overloaded server is left alone for eight seconds and more, whatever is typed', () => {
    const it = aSocket({ random: 0 }).live()
    it.wire.end(1013)
    expect(it.wait).toBe(8_000)
    it.time.pass(5_000)
    it.socket.nudge('send')
    expect(it.state).toBe('waiting')
    it.time.pass(3_000)
    expect(it.state).toBe('connecting')
  })

  test.each(['online', 'visible', 'pageshow', 'person', 'send'] satisfies NudgeReason[])(
    '[U51] %s ends the wait at once',
    (why) => {
      const it = aSocket({ random: 1 }).live()
      it.time.pass(1_000)
      it.wire.end(1006)
      it.socket.nudge(why)
      expect(it.state).toBe('connecting')
    },
  )

  test('[U51] someone who writes a hundred messages does not make a hundred attempts', () => {
    const it = aSocket({ random: 1 }).live()
    it.time.pass(5_000)
    it.wire.end(1006)
    const before = it.wires.length
    for (const _ of numbers(1, 100)) {
      it.socket.nudge('send')
      if (it.state === 'connecting') {
        it.wire.open()
        it.wire.end(1006)
      }
    }
    expect(it.wires.length - before).toBe(1)
  })

  test('[U50] the wait tells since when it is lost; what nobody could see does not count', () => {
    const it = aSocket({ random: 1 }).live()
    it.time.pass(1_000)
    const lostAt = it.time.now()
    it.wire.end(1006)
    expect(it.links.at(-1)).toMatchObject({ since: lostAt })
    it.time.pass(600)
    it.wire.open()
    it.wire.end(1006)
    expect(it.links.at(-1)).toMatchObject({ since: lostAt })
    it.socket.nudge('visible')
    expect(it.links.at(-1)).toMatchObject({ since: it.time.now() })
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

describe('staying away', () => {
  test.each([4501, 4503, 4509, 4510])('[U55] %d is final: no attempt follows', (code) => {
    const it = aSocket().live()
    it.wire.end(code)
    expect(it.links.at(-1)).toEqual({ state: 'stopped', code })
    for (const why of ['online', 'visible', 'pageshow', 'send'] satisfies NudgeReason[]) it.socket.nudge(why)
    it.time.pass(60 * SECOND)
    expect(it.wires).toHaveLength(1)
  })

  test('[U101] after a final close the person can go on in the same page, with what it was about to ask', () => {
    const it = aSocket().live()
    it.wire.end(4509)
    it.socket.nudge('person')
    expect(it.state).toBe('connecting')
    it.live()
    expect([it.wires.length, it.state, it.backs]).toEqual([2, 'live', 2])
  })

  test.each([4400, 4408, 4413, 4429, 1009, 1000])('[U51] %d is not: it comes back', (code) => {
    const it = aSocket().live()
    it.wire.end(code)
    expect(it.state).toBe('waiting')
  })

  test('[P30] a refused handshake asks who I am before the next, and stops if I am nobody', async () => {
    const it = aSocket({ session: 'no' })
    it.socket.start()
    it.wire.end(1006)
    it.time.pass(it.wait)
    await eventually('the answer', () => it.state === 'stopped')
    expect(it.links.at(-1)).toEqual({ state: 'stopped', code: 4501 })
    expect(it.wires).toHaveLength(1)
  })

  test('[P30] where HTTP does not know either, it goes on trying', async () => {
    const it = aSocket({ session: 'unknown' })
    it.socket.start()
    it.wire.end(1006)
    it.time.pass(it.wait)
    await eventually('an attempt', () => it.wires.length === 2)
  })

  test('[U55] stopped by the person it stays away, and may start again', () => {
    const it = aSocket().live()
    it.socket.stop()
    expect(it.wire.closed).toBe(true)
    it.time.pass(60 * SECOND)
    expect(it.wires).toHaveLength(1)
    it.socket.start()
    expect(it.state).toBe('connecting')
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
