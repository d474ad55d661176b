import { afterAll, beforeAll, describe, expect, setDefaultTimeout, spyOn, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { type AnyElysia, Elysia } from 'elysia'
import { metricsPage } from '../../src/http/health.ts'
import { ClientFrame } from '../../src/shared/protocol.ts'
import { PROTOCOL_VERSION } from '../../src/shared/limits.ts'
import { aHeavyPlace, type Holder } from '../support/server/aHeavyPlace.ts'
import { anApp } from '../support/client/anApp.ts'
import { eventually } from '../support/eventually.ts'
import { aVictim, endVictims, aWhile, percentile, type Victim } from './support/aVictim.ts'
import { ASKED, type Asking, SAID, type Saying } from './support/dearUses.ts'
import type { FromSpeakers, ToSpeakers } from './support/speakers.worker.ts'

setDefaultTimeout(60_000)
afterAll(endVictims)

/** ms that nobody notices; on a slow machine so many times what the calm server takes there */
const UNNOTICED = 25
const TIMES_CALM = 20
/** ms of each use, of the calm before and after it, and how often something is noticed before it is believed: the machine has others too */
const LASTS = 1_500
const CALM = 1_000
const TIMES = 3
/** ms for which a calm goes on being believed */
const LATELY = 4_000
/** part of the time that the server may wait for a core; above it others work on this machine */
const KEPT = 0.15
const OTHERS = 20

test('[G25] each route that the server has, and each frame it takes, is among the uses that are measured', async () => {
  // The whole app is the one of them that has the socket.
  const wired = spyOn(Elysia.prototype, 'ws')
  const app = await anApp({ assets: new Elysia().get('/*', () => '') })
  const apps = wired.mock.contexts as unknown as AnyElysia[]
  wired.mockRestore()
  await app.stop()
  const routes = [...apps, metricsPage({ text: async () => '', contentType: '' }, 'token')].flatMap(
    ({ routes: its }) => its.map(({ method, path }) => `${method} ${path}`),
  )
  // Answered before any route.
  const all = new Set([...routes, 'GET /healthz', 'GET /readyz'])
  expect(routes).toContain('GET /api/rooms')
  expect([...new Set(ASKED.map(({ route }) => route))].sort()).toEqual([...all].sort())
  const frames = ClientFrame.anyOf.map(({ properties }) => properties.type.const as string)
  expect([...new Set(SAID.map(({ type }) => type))].sort()).toEqual(frames.sort())
})

describe('others do not notice', () => {
  let victim: Victim
  let people: Holder[] = []
  let next = OTHERS
  const speakers = new Worker(new URL('support/speakers.worker.ts', import.meta.url))
  const ask = (what: ToSpeakers) =>
    new Promise<FromSpeakers>((resolve, reject) => {
      speakers.onmessage = ({ data }: { data: FromSpeakers }) => resolve(data)
      speakers.onerror = ({ message }) => reject(new Error(message))
      speakers.postMessage(what)
    })

  beforeAll(async () => {
    // Each try has a person of its own, or it would come as one of the others.
    const many = OTHERS + 1 + TIMES * (ASKED.length + SAID.length + 1)
    const much = {
      people: many,
      unread: 4_000,
      reactions: 10_000,
      deleted: 1_000,
      own: 20,
      ownOfFirst: 3_000,
    }
    // As many new guests as a server lets in unless it is told otherwise.
    const env = { METRICS_TOKEN: crypto.randomUUID() + crypto.randomUUID(), MAX_NEW_GUESTS_PER_ADDRESS: '60' }
    victim = await aVictim(env, (dir) => {
      people = aHeavyPlace(dir, much)
    })
    const tokens = people.slice(1, 1 + OTHERS).map(({ token }) => token)
    expect(await ask({ origin: victim.origin, tokens })).toBe('ready')
    await look(LASTS)
  })
  afterAll(() => speakers.terminate())

  /** From now on for so long: ms that 99 of a hundred acks of the others take at most, and how long the server waits for a core. */
  async function look(ms: number, meanwhile: (isOver: () => boolean) => Promise<unknown> = async () => {}) {
    await ask('count')
    const [began, waited] = [performance.now(), keptWaiting(victim.server.pid)]
    const isOver = aWhile(ms)
    await meanwhile(isOver)
    await eventually('the end', isOver, ms + 30_000)
    const answer = await ask('count')
    const kept = (keptWaiting(victim.server.pid) - waited) / (performance.now() - began)
    const p99 = typeof answer === 'string' ? Number.NaN : percentile(answer.times, 0.99)
    return { p99: Math.round(p99 * 10) / 10, kept }
  }

  let calmBefore = { p99: Number.NaN, at: -Infinity }
  async function calm(): Promise<number> {
    const { p99 } = await look(CALM)
    calmBefore = { p99, at: performance.now() }
    return p99
  }

  /**
   * What the others notice of it, beside what they wait before and after it. Where that is too much it is looked at again: the
   * machine may have had no time for them. If it never had any, that is said, and is nobody's fault (reliability §8).
   */
  async function noticed(begin: (eve: Holder) => Promise<(isOver: () => boolean) => Promise<unknown>>) {
    const seen: { before: number; p99: number; after: number; kept: string }[] = []
    let isJudged = false
    for (let time = 0; time < TIMES; time += 1) {
      const eve = people[(next += 1) % people.length]
      if (eve === undefined) throw new TypeError('nobody')
      const use = await begin(eve)
      const before = performance.now() - calmBefore.at < LATELY ? calmBefore.p99 : await calm()
      const { p99, kept } = await look(LASTS, use)
      const after = await calm()
      if (p99 <= Math.max(UNNOTICED, TIMES_CALM * Math.max(before, after))) return []
      seen.push({ before, p99, after, kept: `${Math.round(kept * 100)} %` })
      isJudged ||= kept <= KEPT
    }
    if (isJudged) return seen
    console.log('NOT JUDGED, the machine was busy:', seen)
    return []
  }

  const titleOf = (what: string, how?: string) => (how === undefined ? what : `${what} (${how})`)
  const headersOf = (eve: Holder) => ({
    authorization: `Bearer ${eve.token}`,
    'x-forwarded-for': `203.0.113.${next % 250}`,
    origin: victim.origin,
    'content-type': 'application/json',
  })

  test.each(ASKED.map((use) => [titleOf(use.route, use.how), use] as const))(
    '[G25] %s, as often as one guest may',
    async (_title, { route, ask: asking, ...often }: Asking) => {
      const found = await noticed(async (eve) => async (isOver) => {
        const under = new Set<Promise<unknown>>()
        await atRate(often, isOver, (n) => {
          const one = asking === null ? knock(eve) : request(eve, route, asking(n, eve))
          under.add(one)
          void one.finally(() => under.delete(one))
        })
        await Promise.all(under)
      })
      expect(found).toEqual([])
    },
  )

  async function request(eve: Holder, route: string, { path, body }: { path: string; body?: object }) {
    const headers: Record<string, string> = headersOf(eve)
    // Whoever makes up sessions, or a name, is nobody yet.
    if (route === 'POST /api/session') delete headers['authorization']
    if (route === 'DELETE /api/session') headers['authorization'] = `Bearer ${'x'.repeat(43)}`
    const answer = await fetch(victim.origin + path, {
      method: route.split(' ')[0] ?? '',
      headers,
      ...(body && { body: JSON.stringify(body) }),
    })
    await answer.arrayBuffer()
  }

  /** Comes, names a hundred rooms, and goes. */
  async function knock(eve: Holder): Promise<void> {
    const socket = await opened(eve)
    if (socket === null) return
    socket.send(JSON.stringify(SAID[0]?.frame(0, eve)))
    await Bun.sleep(200)
    socket.close()
  }

  /** @returns null where it is refused, as it may be */
  async function opened(eve: Holder): Promise<WebSocket | null> {
    const url = `${victim.origin.replace('http', 'ws')}/ws?v=${PROTOCOL_VERSION}`
    // Bun's own; the DOM's type has no headers
    const socket = new WebSocket(url, { headers: headersOf(eve) } as unknown as string[])
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.onopen = () => resolve(true)
      socket.onclose = () => resolve(false)
    })
    return isOpen ? socket : null
  }

  test.each(SAID.map((use) => [titleOf(use.type, use.how), use] as const))(
    '[G25] a frame %s, as often as one guest may',
    async (_title, { rooms, sockets, frame, burst, perSecond }: Saying) => {
      const all: WebSocket[] = []
      const found = await noticed(async (eve) => {
        if (sockets === 0) return (isOver) => atRate({ burst, perSecond }, isOver, () => void knock(eve))
        for (const socket of all.splice(0)) socket.close()
        const began = performance.now()
        for (let at = 0; at < sockets; at += 1) {
          const socket = await opened(eve)
          if (socket === null) throw new Error('not let in')
          socket.send('{"type":"hello","rooms":[],"state":"active"}')
          for (const room of rooms) socket.send(JSON.stringify({ type: 'join', ref: room, room }))
          all.push(socket)
        }
        // Until they may say as much at once as ever.
        await eventually('enough time', () => performance.now() - began > 2_000)
        const often = { burst: burst * sockets, perSecond: perSecond * sockets }
        return (isOver) => atRate(often, isOver, (n) => all[n % sockets]?.send(JSON.stringify(frame(n, eve))))
      })
      for (const socket of all) socket.close()
      expect(found).toEqual([])
    },
  )
})

/** ms that a process's first thread has waited for a core. */
function keptWaiting(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1_000_000
}

/** Does something so often, until it is over. */
async function atRate(
  { burst, perSecond }: { burst: number; perSecond: number },
  isOver: () => boolean,
  use: (n: number) => unknown,
): Promise<void> {
  const began = performance.now()
  for (let n = 0; !isOver();) {
    const may = burst + ((performance.now() - began) / 1_000) * perSecond
    for (; n + 1 <= may; n += 1) use(n)
    await Bun.sleep(5)
  }
}
