import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { LoopLag } from '../../src/lib/loopLag.ts'
import { anApp } from '../support/client/anApp.ts'
import { eventually } from '../support/eventually.ts'
import { rawConnection } from '../support/server/rawSocket.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(40_000)

const HANDSHAKE = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
}
const apps: Awaited<ReturnType<typeof anApp>>[] = []
afterAll(() => Promise.all(apps.map((app) => app.stop())))
async function running(options: Parameters<typeof anApp>[0] = {}) {
  const app = await anApp(options)
  apps.push(app)
  return app
}

/** Opens so many sockets at once, 50 at a time. @returns the statuses */
async function opens(origin: string, count: number, headers: (at: number) => Record<string, string>) {
  const statuses: number[] = []
  let next = 0
  const worker = async () => {
    while (next < count) {
      const more = headers(next++)
      const { status } = await fetch(`${origin}/ws?v=2`, { headers: { ...HANDSHAKE, origin, ...more } })
      statuses.push(status)
    }
  }
  await Promise.all(Array.from({ length: 50 }, worker))
  return statuses
}
const of = (statuses: readonly number[], status: number) => statuses.filter((one) => one === status).length

describe('one address', () => {
  test('[S7] of 5,000 opens at most 50 live, and the rest is told to wait', async () => {
    const app = await running({ trustProxy: 1 })
    const people = await Promise.all(['Ada', 'Bob', 'Cy'].map((name) => app.guest(name)))
    const statuses = await opens(app.origin, 5_000, (at) => ({
      cookie: people[at % people.length]?.cookie ?? '',
      'x-forwarded-for': '203.0.113.9',
    }))
    expect(app.hub.stats().connections).toBeLessThanOrEqual(50)
    expect([of(statuses, 101) <= 50, of(statuses, 101) + of(statuses, 429)]).toEqual([true, 5_000])
  })

  test('[S7, S18] fifty made-up addresses in front of its own do not pass for fifty', async () => {
    const app = await running({ trustProxy: 1 })
    const statuses = await opens(app.origin, 50, (at) => ({
      'x-forwarded-for': `198.51.100.${at}, 203.0.113.9`,
      'fly-client-ip': `198.51.100.${at}`,
      'x-real-ip': `198.51.100.${at}`,
      forwarded: `for=198.51.100.${at}`,
    }))
    expect([of(statuses, 101), of(statuses, 429)]).toEqual([20, 30])
  })

  test('[S7, S18] a /64 of IPv6 is one address, however many of its addresses speak', async () => {
    const app = await running({ trustProxy: 1 })
    const statuses = await opens(app.origin, 50, (at) => ({
      'x-forwarded-for': `2001:db8:1:2:${at.toString(16)}::${at}`,
    }))
    expect([of(statuses, 101), of(statuses, 429)]).toEqual([20, 30])
  })
})

describe('a loop that cannot keep up', () => {
  test('[S7] is behind once timers were late for five seconds on end, and not for one hiccup or a calm second', () => {
    const lag = new LoopLag()
    const late = (from: number, to: number) => {
      for (let due = from; due + 400 <= to; due += 500) lag.note(due, due + 400)
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

  test('[S7] lets nobody new in, and keeps who is there', async () => {
    const app = await running()
    const ada = await app.guest('Ada')
    const inside = await ada.enter('lobby')
    app.gate.isBehind = () => true
    const [refused] = await opens(app.origin, 1, () => ({}))
    expect([refused, (await ada.ask('/api/rooms')).status, inside.closed]).toEqual([503, 200, undefined])
    app.gate.isBehind = () => false
    expect(await opens(app.origin, 1, () => ({}))).toEqual([101])
  })
})

describe('a request that is too large', () => {
  test('[S8] headers beyond 16 KB, or two thousand of them, are refused, and the server goes on', async () => {
    const app = await running()
    const asked = async (headers: string) => {
      const client = rawConnection(app.port, `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`)
      await eventually('the status', () => client.text().includes('\r\n'))
      client.end()
      return Number(client.text().split(' ')[1])
    }
    expect(await asked(`X-Long: ${'x'.repeat(17_000)}\r\n`)).toBe(431)
    const lines = Array.from({ length: 2_000 }, (_, at) => `a${at}: b\r\n`).join('')
    expect(await asked(lines)).toBe(431)
    expect(await asked('')).toBe(200)
  })

  test('[S8] a body of more than 64 KiB is refused, also one that does not say its length', async () => {
    const app = await running()
    const body = JSON.stringify({ name: 'x'.repeat(70_000) })
    const headers = { origin: app.origin, 'content-type': 'application/json' }
    const stream = () =>
      new ReadableStream({
        start(to) {
          to.enqueue(new TextEncoder().encode(body))
          to.close()
        },
      })
    for (const sent of [body, stream()]) {
      const answer = await fetch(`${app.origin}/api/session`, { method: 'POST', headers, body: sent })
      expect(answer.status).toBe(413)
    }
    const endless = await fetch(`${app.origin}/api/session`, {
      method: 'POST',
      headers,
      body: new ReadableStream({
        pull: async (to) => {
          await Bun.sleep(0)
          to.enqueue(new Uint8Array(65_536))
        },
      }),
    }).then(
      ({ status }) => status,
      () => 'cut',
    )
    expect([413, 'cut']).toContain(endless)
    expect((await fetch(`${app.origin}/healthz`)).status).toBe(200)
  })
})
