import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { LoopLag } from '../../src/lib/loopLag.ts'
import { eventually } from '../support/eventually.ts'
import { aLobby, aRunningApp, count, from, statusesOf } from '../support/server/aRunningApp.ts'
import { rawConnection } from '../support/server/rawSocket.ts'

// Real sockets on a busy machine.
setDefaultTimeout(40_000)

const MINE = '203.0.113.9'

describe('one address', () => {
  test('[S7] keeps at most 50 sockets open; another address is not touched by it', async () => {
    const app = await aRunningApp({ trustProxy: 1, maxHandshakesPerAddress: 1_000 })
    const guests = await Promise.all(['Ada', 'Bob', 'Cy'].map((name) => app.guest(name)))
    const open = (address: string, at = 0) =>
      guests[at % 3]?.socket(from(address)) ?? Promise.reject(new Error('no guest'))
    const sockets = await Promise.all(Array.from({ length: 60 }, (_, at) => open(MINE, at)))
    const living = () => sockets.filter(({ closed }) => closed === undefined)
    await eventually('ten to be refused', () => living().length === 50)
    expect(app.hub.stats().connections).toBe(50)
    expect((await open('198.51.100.7')).closed).toBeUndefined()

    living()[0]?.close()
    await eventually('a free place', () => app.hub.stats().connections === 50)
    expect((await open(MINE)).closed).toBeUndefined()
  })

  test.each<[what: string, headers: (at: number) => Record<string, string>]>([
    ['as it is', () => from(MINE)],
    [
      'with made-up addresses in front of its own',
      (at) => ({
        ...from(`198.51.100.${at}, ${MINE}`),
        'fly-client-ip': `198.51.100.${at}`,
        'x-real-ip': `198.51.100.${at}`,
        forwarded: `for=198.51.100.${at}`,
      }),
    ],
    ['of the addresses of one IPv6 /64', (at) => from(`2001:db8:1:2:${at.toString(16)}::${at}`)],
  ])(
    '[S7, S18] %s opens twenty sockets at once, ten a second, and is told to wait',
    async (_what, headers) => {
      const { handshake } = await aRunningApp({ trustProxy: 1 })
      const statuses = await statusesOf(50, (at) => handshake(headers(at)))
      expect([count(statuses, 101), count(statuses, 429)]).toEqual([20, 30])
      expect((await handshake(headers(0))).headers.get('retry-after')).toBe('1')
      expect((await handshake(from('203.0.113.10'))).status).toBe(101)
    },
  )

  test('[S7, S18] that is private has no limit under TRUST_PROXY none; a proxy there is warned of once', async () => {
    const { handshake, warnings } = await aRunningApp()
    expect(count(await statusesOf(60, () => handshake(from(MINE))), 101)).toBe(60)
    expect(warnings).toHaveLength(1)
  })
})

test('[S7] a full server answers 503, and those inside stay', async () => {
  const { ada, bob, handshake } = await aLobby({ maxConnections: 2 })
  const inside = [await ada.enter('lobby'), await bob.enter('lobby')]
  for (let at = 0; at < 50; at += 1) {
    const { status, headers } = await handshake()
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
  }
  expect(inside.map(({ closed }) => closed)).toEqual([undefined, undefined])
})

describe('an event loop', () => {
  test('[S7] is behind once timers were late for five seconds on end, not for one hiccup or a calm second', () => {
    const lag = new LoopLag()
    const late = (begin: number, end: number) => {
      for (let due = begin; due + 400 <= end; due += 500) lag.note(due, due + 400)
    }
    late(0, 4_900)
    expect(lag.isBehind(4_900)).toBe(false)
    late(5_000, 6_000)
    expect([lag.isBehind(6_000), lag.isBehind(7_500)]).toEqual([true, false])
    late(6_400, 9_000)
    expect(lag.isBehind(9_000)).toBe(false)

    const hiccup = new LoopLag()
    hiccup.note(0, 3_000)
    for (let due = 3_000; due < 10_000; due += 100) hiccup.note(due, due + 249)
    expect(hiccup.isBehind(10_000)).toBe(false)
    hiccup.note(20_000, 25_500)
    expect(hiccup.isBehind(25_500)).toBe(true)
  })

  test('[S7] that is behind lets nobody new in, and keeps those inside', async () => {
    const { ada, gate, handshake } = await aLobby()
    const inside = await ada.enter('lobby')
    gate.isBehind = () => true
    expect([(await handshake()).status, (await ada.ask('/api/rooms')).status]).toEqual([503, 200])
    expect(inside.closed).toBeUndefined()
    gate.isBehind = () => false
    expect((await handshake()).status).toBe(101)
  })
})

describe('a request that is too large', () => {
  test('[S8] is refused for 16 KB of headers, or two thousand of them, and the server goes on', async () => {
    const { port } = await aRunningApp()
    const statusWith = async (headers: string) => {
      const client = rawConnection(port, `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`)
      await eventually('the status', () => client.text().includes('\r\n'))
      client.end()
      return Number(client.text().split(' ')[1])
    }
    expect(await statusWith(`X-Long: ${'x'.repeat(17_000)}\r\n`)).toBe(431)
    expect(await statusWith(Array.from({ length: 2_000 }, (_, at) => `a${at}: b\r\n`).join(''))).toBe(431)
    expect(await statusWith('')).toBe(200)
  })

  test('[S8] is refused for a body of more than 64 KiB, also one that does not say its length', async () => {
    const { origin, get } = await aRunningApp()
    const headers = { origin, 'content-type': 'application/json' }
    const post = (body: string | ReadableStream) =>
      fetch(`${origin}/api/session`, { method: 'POST', headers, body }).then(
        ({ status }) => status,
        () => 'cut',
      )
    const body = JSON.stringify({ name: 'x'.repeat(70_000) })
    expect([await post(body), await post(new Blob([body]).stream())]).toEqual([413, 413])
    const endless = new ReadableStream({
      async pull(controller) {
        await Bun.sleep(0)
        controller.enqueue(new Uint8Array(65_536))
      },
    })
    expect([413, 'cut']).toContain(await post(endless))
    expect((await get('/healthz')).status).toBe(200)
  })
})
