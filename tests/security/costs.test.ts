import { afterAll, beforeAll, describe, expect, setDefaultTimeout, spyOn, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { type AnyElysia, Elysia } from 'elysia'
import { metricsPage } from '../../src/http/health.ts'
import { ClientFrame } from '../../src/shared/protocol.ts'
import { PROTOCOL_VERSION } from '../../src/shared/limits.ts'
import { eventually } from '../support/eventually.ts'
import { aHeavyPlace, type SeededGuest } from '../support/server/aHeavyPlace.ts'
import { aRunningApp } from '../support/server/aRunningApp.ts'
import { aVictim, aWhile, percentile, type Victim } from './support/aVictim.ts'
import { FRAME_USES, ROUTE_USES, subjectOf } from './support/dearUses.ts'
import type { FromSpeakers, ToSpeakers } from './support/speakers.worker.ts'

// Above the sum of all waits of a test: Bun ends the processes of a test that times out, also the server of those after it.
setDefaultTimeout(240_000)

/** p99 (ms) that nobody notices; on a slow machine this many times the p99 of the calm server */
const UNNOTICED = 25
const TIMES_CALM = 20
/** ms of each use, and of the calm that it is compared with */
const USE_MS = 1_000
const CALM_MS = 1_000
/** Tries before a use counts as noticed: the machine has other work too. */
const TRIES = 3
/** the part of the time that the server may wait for a core; above it the machine is too busy to judge */
const MAX_WAITING = 0.15
const SPEAKERS = 20
/** ms after which a request counts as never answered */
const MAX_ANSWER = 20_000

test('[G25] every route and every frame of the server is among the uses that are measured', async () => {
  // The app that registers the socket is the whole app.
  const wired = spyOn(Elysia.prototype, 'ws')
  await aRunningApp({ assets: new Elysia().get('/*', () => '') })
  const apps = wired.mock.contexts as unknown as AnyElysia[]
  wired.mockRestore()
  const metrics = metricsPage({ text: async () => '', contentType: '' }, 'token')
  const routes = [...apps, metrics].flatMap((app) =>
    app.routes.map(({ method, path }) => `${method} ${path}`),
  )
  expect(routes).toContain('GET /api/rooms')
  // Probes are answered before any route.
  const expected = new Set([...routes, 'GET /healthz', 'GET /readyz'])
  expect(new Set(ROUTE_USES.map(subjectOf))).toEqual(expected)
  const frames = ClientFrame.anyOf.map(({ properties }) => properties.type.const as string)
  expect(new Set(FRAME_USES.map(subjectOf))).toEqual(new Set(frames))
})

describe('others do not notice', () => {
  let victim: Victim
  let people: SeededGuest[] = []
  let used = SPEAKERS
  const speakers = new Worker(new URL('support/speakers.worker.ts', import.meta.url))
  const ask = (what: ToSpeakers) =>
    new Promise<FromSpeakers>((resolve, reject) => {
      speakers.onmessage = ({ data }: { data: FromSpeakers }) => resolve(data)
      speakers.onerror = ({ message }) => reject(new Error(message))
      speakers.postMessage(what)
    })

  beforeAll(async () => {
    // Each try has a person of its own, with fresh limits.
    const tries = TRIES * (ROUTE_USES.length + FRAME_USES.length + 1)
    // As many new guests as a server admits by default.
    const env = { METRICS_TOKEN: crypto.randomUUID() + crypto.randomUUID(), MAX_NEW_GUESTS_PER_ADDRESS: '60' }
    victim = await aVictim(env, (dir) => {
      people = aHeavyPlace(dir, SPEAKERS + 1 + tries)
    })
    const tokens = people.slice(1, 1 + SPEAKERS).map(({ token }) => token)
    expect(await ask({ origin: victim.origin, tokens })).toBe('ready')
    await measure(USE_MS)
  })
  afterAll(() => speakers.terminate())

  /** @returns for the next `ms`: the p99 (ms) of the speakers' acks, and the part of the time the server waited for a core */
  async function measure(ms: number, use: (isOver: () => boolean) => Promise<unknown> = async () => {}) {
    await ask('count')
    const [began, waited] = [performance.now(), msWaitedForCore(victim.server.pid)]
    const isOver = aWhile(ms)
    await use(isOver)
    await eventually('the end', isOver, ms + 30_000)
    const answer = await ask('count')
    const waiting = (msWaitedForCore(victim.server.pid) - waited) / (performance.now() - began)
    const p99 = typeof answer === 'string' ? Number.NaN : percentile(answer.times, 0.99)
    return { p99: Math.round(p99 * 10) / 10, waiting }
  }

  /**
   * What the speakers notice of a use. A use that takes longer than the bound is compared with the calm after it, and tried
   * again: the machine may have had no time for the speakers. If it never had, the use is reported, but fails nothing.
   */
  async function noticed(begin: (eve: SeededGuest) => Promise<(isOver: () => boolean) => Promise<unknown>>) {
    const seen: { p99: number; calm: number; waiting: string }[] = []
    let isJudged = false
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const eve = people[(used += 1) % people.length]
      if (eve === undefined) throw new TypeError('no guest')
      const { p99, waiting } = await measure(USE_MS, await begin(eve))
      if (p99 <= UNNOTICED) return []
      const { p99: calm } = await measure(CALM_MS)
      if (p99 <= TIMES_CALM * calm) return []
      seen.push({ p99, calm, waiting: `${Math.round(waiting * 100)} %` })
      isJudged ||= waiting <= MAX_WAITING
    }
    if (isJudged) return seen
    console.log('NOT JUDGED, the machine was busy:', seen)
    return []
  }

  const headersOf = ({ token }: { token: string }): Record<string, string> => ({
    authorization: `Bearer ${token}`,
    'x-forwarded-for': `203.0.113.${used % 250}`,
    origin: victim.origin,
    'content-type': 'application/json',
  })

  test.each(ROUTE_USES.map((use) => [use.title, use] as const))(
    '[G25] %s, as often as one guest may',
    async (title, { ask: requestOf, ...often }) => {
      const found = await noticed(async (eve) => async (isOver) => {
        const uses: Promise<unknown>[] = []
        const failures: unknown[] = []
        await atRate(often, isOver, (n) => {
          const use = requestOf === null ? knock(eve) : request(eve, title, requestOf(n, eve))
          uses.push(use.catch((error: unknown) => failures.push(error)))
        })
        await Promise.all(uses)
        if (failures.length > 0) throw new Error(victim.server.report(), { cause: failures[0] })
      })
      expect(found).toEqual([])
    },
  )

  async function request(eve: SeededGuest, title: string, { path, body }: { path: string; body?: object }) {
    const [method = ''] = title.split(' ')
    const isSession = path === '/api/session'
    // The session that ends is made up, so that Eve keeps hers.
    const headers = headersOf(isSession && method === 'DELETE' ? { token: 'x'.repeat(43) } : eve)
    if (isSession && method === 'POST') delete headers['authorization']
    const signal = AbortSignal.timeout(MAX_ANSWER)
    const answer = await fetch(victim.origin + path, {
      method,
      headers,
      signal,
      ...(body && { body: JSON.stringify(body) }),
    })
    await answer.arrayBuffer()
  }

  /** Opens a socket, says the largest hello, and closes. */
  async function knock(eve: SeededGuest): Promise<void> {
    const socket = await openSocketOf(eve)
    if (socket === null) return
    socket.send(JSON.stringify(FRAME_USES[0]?.frame(0, eve)))
    await Bun.sleep(200)
    socket.close()
  }

  /** @returns null if the handshake is refused */
  async function openSocketOf(eve: SeededGuest): Promise<WebSocket | null> {
    const url = `${victim.origin.replace('http', 'ws')}/ws?v=${PROTOCOL_VERSION}`
    // Bun's WebSocket takes headers, the DOM's type does not.
    const socket = new WebSocket(url, { headers: headersOf(eve) } as unknown as string[])
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.onopen = () => resolve(true)
      socket.onclose = () => resolve(false)
    })
    return isOpen ? socket : null
  }

  test.each(FRAME_USES.map((use) => [use.title, use] as const))(
    '[G25] a frame %s, as often as one guest may',
    async (_title, { rooms, sockets: count, frame, burst, perSecond }) => {
      const sockets: WebSocket[] = []
      const found = await noticed(async (eve) => {
        if (count === 0) return (isOver) => atRate({ burst, perSecond }, isOver, () => void knock(eve))
        for (const socket of sockets.splice(0)) socket.close()
        const began = performance.now()
        for (let at = 0; at < count; at += 1) {
          const socket = await openSocketOf(eve)
          if (socket === null) throw new Error('the handshake was refused')
          socket.send('{"type":"hello","rooms":[],"state":"active"}')
          for (const room of rooms) socket.send(JSON.stringify({ type: 'join', ref: room, room }))
          sockets.push(socket)
        }
        // A hello and eleven joins cost 12 tokens, which are back within 600 ms.
        await eventually('full buckets', () => performance.now() - began > 1_000)
        const often = { burst: burst * count, perSecond: perSecond * count }
        return (isOver) =>
          atRate(often, isOver, (n) => sockets[n % count]?.send(JSON.stringify(frame(n, eve))))
      })
      for (const socket of sockets) socket.close()
      expect(found).toEqual([])
    },
  )
})

/** ms that a process's first thread has waited for a core */
function msWaitedForCore(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1_000_000
}

/** Calls `use` at a rate until it is over. */
async function atRate(
  { burst, perSecond }: { burst: number; perSecond: number },
  isOver: () => boolean,
  use: (n: number) => unknown,
): Promise<void> {
  const began = performance.now()
  for (let n = 0; !isOver(); await Bun.sleep(5)) {
    const due = burst + ((performance.now() - began) / 1_000) * perSecond
    for (; n + 1 <= due; n += 1) use(n)
  }
}
