import { describe, expect, test } from 'bun:test'
import type { ClientFrame } from '../../../src/shared/protocol.ts'
import { numbers, welcome } from '../../support/client/aState.ts'
import { aSocket, hello } from '../../support/client/aSocket.ts'

const SECOND = 1_000

describe('connecting', () => {
  test('[U51] it connects, says hello, and is live with the welcome', () => {
    const page = aSocket()
    page.socket.start()
    expect(page.state).toBe('connecting')
    page.wire.open()
    expect(page.state).toBe('hello')
    expect(page.wire.sent).toEqual([hello])
    page.wire.say(welcome)
    expect([page.state, page.received, page.provenCount]).toEqual(['live', [welcome], 1])
  })

  test('[U51] an attempt ends after eight seconds without an open socket, or without a welcome', () => {
    for (const isOpen of [false, true]) {
      const page = aSocket()
      page.socket.start()
      if (isOpen) page.wire.open()
      page.time.pass(7_999)
      expect(page.state).toBe(isOpen ? 'hello' : 'connecting')
      page.time.pass(1)
      expect([page.state, page.wire.closed]).toEqual(['waiting', true])
    }
  })

  test('[T6] events of a former socket are ignored', () => {
    const page = aSocket().live()
    const { onmessage, onclose } = page.wire
    page.wire.end(1006)
    page.time.pass(page.wait)
    page.live()
    onmessage?.({ data: JSON.stringify({ type: 'drain', spread: 1 }) })
    onclose?.({ code: 4501 })
    expect(page.state).toBe('live')
    expect(page.received.some(({ type }) => type === 'drain')).toBe(false)
  })

  test('[U51] an address that the browser refuses counts as an attempt', () => {
    const page = aSocket()
    page.world.refuse = true
    page.socket.start()
    expect(page.state).toBe('waiting')
  })

  test('[T6] junk in place of a frame is ignored', () => {
    const page = aSocket().live()
    for (const data of ['{', 'null', '[]', '17', '{"type":1}', new ArrayBuffer(2)])
      page.wire.onmessage?.({ data })
    expect([page.state, page.received]).toEqual(['live', [welcome]])
  })

  test('[U105] a welcome to another person ends the connection before anything is received or sent on it', () => {
    const page = aSocket().live()
    page.wire.end(1006)
    page.time.pass(page.wait)
    page.world.me = 'another person'
    page.wire.open()
    page.wire.say(welcome)
    page.wire.say({ type: 'beat', heads: {} })
    expect([page.state, page.newUsers, page.received]).toEqual(['idle', [welcome.user.id], [welcome]])
    expect([page.wire.closed, page.wire.sent, page.closes]).toEqual([true, [hello], [1006, 1000]])
    page.time.pass(60 * SECOND)
    expect(page.wires).toHaveLength(2)
  })
})

describe('sending', () => {
  test('[M62] nothing is sent unless the connection is live', () => {
    const page = aSocket()
    const frame: ClientFrame = { type: 'typing', room: 'lobby', on: true }
    expect(page.socket.send(frame)).toBe(false)
    page.socket.start()
    page.wire.open()
    expect(page.socket.send(frame)).toBe(false)
    page.wire.say(welcome)
    expect(page.socket.send(frame)).toBe(true)
    expect(page.wire.sent).toEqual([hello, frame])
  })

  test('[M62] after a drain nothing is sent, and the close is waited for', () => {
    const page = aSocket().live()
    page.wire.say({ type: 'drain', spread: 4_000 })
    expect(page.socket.send({ type: 'beat' })).toBe(false)
    expect(page.state).toBe('live')
    page.time.pass(10 * SECOND)
    expect(page.state).toBe('waiting')
  })

  test('[C69] each beat is answered', () => {
    const page = aSocket().live()
    page.wire.say({ type: 'beat', heads: {} })
    expect(page.wire.sent.at(-1)).toEqual({ type: 'beat' })
  })
})

describe('a silent connection', () => {
  test('[T6] after 35 seconds of silence the server is asked, and 3 seconds later the connection ends', () => {
    const page = aSocket().live()
    page.time.pass(34_999)
    expect(page.state).toBe('live')
    page.time.pass(1)
    expect(page.state).toBe('suspect')
    expect(page.wire.sent.at(-1)).toEqual({ type: 'beat' })
    page.time.pass(3 * SECOND)
    expect([page.state, page.closes]).toEqual(['waiting', [1006]])
  })

  test('[T6] any frame proves it alive, and entries without an ack may be sent again', () => {
    const page = aSocket().live()
    page.socket.probe()
    page.wire.say({ type: 'typing', room: 'lobby', user: { id: 'b', name: 'Bob' }, on: true })
    expect([page.state, page.provenCount]).toEqual(['live', 2])
    page.time.pass(30 * SECOND)
    expect(page.state).toBe('live')
  })

  test('[T6] beats keep it alive for hours, with one timer', () => {
    const page = aSocket().live()
    for (const _ of numbers(1, 400)) {
      page.time.pass(25 * SECOND)
      page.wire.say({ type: 'beat', heads: {} })
    }
    expect(page.states.map(({ state }) => state)).toEqual(['connecting', 'hello', 'live'])
    expect(page.time.waiting).toBe(1)
  })

  test('[U54] a sleep of more than 75 seconds ends it; a page that comes into view reconnects at once', () => {
    const page = aSocket().live()
    page.time.sleep(76 * SECOND)
    expect([page.wires[0]?.closed, page.state]).toEqual([true, 'waiting'])
    const sleeper = aSocket().live()
    sleeper.time.sleep(600 * SECOND)
    sleeper.socket.nudge('visible')
    expect(sleeper.state).toBe('connecting')
  })

  test('[U54] after a shorter absence a page that comes into view asks the server, and knows within 3 seconds', () => {
    const page = aSocket().live()
    page.time.pass(20 * SECOND)
    page.socket.nudge('visible')
    expect(page.state).toBe('suspect')
    page.time.pass(3 * SECOND)
    expect(page.state).toBe('waiting')
  })

  test('[C75] a clock set back is no sleep, lets no dead connection live on, and does not hurry attempts', () => {
    const asleep = aSocket().live()
    asleep.time.sleep(-3_600 * SECOND)
    asleep.wire.say({ type: 'beat', heads: {} })
    expect(asleep.state).toBe('live')
    const dead = aSocket({ session: 'unknown' }).live()
    dead.time.turn(-3_600 * SECOND)
    dead.time.pass(39 * SECOND)
    expect(dead.closes).toEqual([1006])
    const lost = aSocket({ session: 'unknown' }).live()
    lost.time.turn(-3_600 * SECOND)
    lost.wire.end(1006)
    expect(lost.wait).toBeGreaterThan(100)
  })
})
