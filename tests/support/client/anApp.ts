import { localDoorbell } from '../../../src/cluster/local.ts'
import { type AppDeps, createApp, type HttpSettings } from '../../../src/http/app.ts'
import type { Gate } from '../../../src/http/health.ts'
import { createRoomBroadcast } from '../../../src/http/socket/roomBroadcast.ts'
import { ExpiryClock } from '../../../src/hub/expiryClock.ts'
import { Hub } from '../../../src/hub/hub.ts'
import type { Log } from '../../../src/hub/ports.ts'
import { createIds } from '../../../src/lib/ids.ts'
import type { Self } from '../../../src/shared/model.ts'
import { fakeClock } from '../fakeClock.ts'
import { testStore } from '../hub/testStore.ts'
import { openSocket, type SocketClient } from '../server/socketClient.ts'

const SETTINGS: HttpSettings = {
  publicUrl: null,
  hstsSeconds: null,
  allowedOrigins: [],
  trustProxy: 'none',
  maxConnections: 10_000,
  maxConnectionsPerAddress: 50,
  maxHandshakesPerAddress: 10,
  maxNewGuestsPerAddress: 60,
  sessionDays: 90,
}

/** The `name=value` of a Set-Cookie. */
export function cookieOf(answer: Response): string {
  return (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
}

export type Guest = Awaited<ReturnType<typeof aGuest>>

/** A guest of a server, by HTTP and WebSocket. @param origin such as `http://127.0.0.1:3000` */
export async function aGuest(origin: string, name: string) {
  const headers = { origin, 'content-type': 'application/json' }
  const body = JSON.stringify({ name })
  const answer = await fetch(`${origin}/api/session`, { method: 'POST', headers, body })
  if (answer.status !== 201) throw new Error(`no guest: ${answer.status} ${await answer.text()}`)
  const { user } = (await answer.json()) as { user: Self }
  const cookie = cookieOf(answer)
  const socket = (more: Record<string, string> = {}) =>
    openSocket(`${origin.replace('http', 'ws')}/ws?v=2`, { cookie, origin, ...more })
  return {
    user,
    cookie,
    /** the headers of a socket */
    headers: (): Record<string, string> => ({ cookie, origin }),
    ask: (path: string, init: { method?: string; body?: unknown; headers?: Record<string, string> } = {}) =>
      fetch(origin + path, {
        method: init.method ?? 'GET',
        headers: { ...headers, cookie, ...init.headers },
        ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
      }),
    socket,
    /** A socket that is live in these rooms, of which all but the lobby are joined. */
    async enter(...rooms: string[]): Promise<SocketClient> {
      const client = await socket()
      const isHome = (room: string) => room === 'lobby'
      const positions = rooms.filter(isHome).map((room) => ({ room, seq: 0, id: null }))
      client.send({ type: 'hello', rooms: positions, state: 'active' })
      for (const room of rooms) if (!isHome(room)) client.send({ type: 'join', ref: `enter-${room}`, room })
      await client.hears('welcome')
      for (const room of rooms) await client.hears('sync', (sync) => sync.room === room && !sync.more)
      return client
    },
  }
}

/** The HTTP layer and the hub on a store in memory, listening on a free port. `stop` it afterwards. */
export async function anApp(
  options: Partial<HttpSettings> & Pick<AppDeps, 'assets'> & { ready?: boolean; failing?: string[] } = {},
) {
  const { ready = true, failing = [], assets, ...settings } = options
  const store = testStore()
  const clock = { ...fakeClock(1_700_000_000_000), wait: (ms: number) => Bun.sleep(ms) }
  const broadcast = createRoomBroadcast()
  const ids = createIds()
  const trouble: unknown[] = []
  const warnings: string[] = []
  const log: Log = {
    error: (what, error) => void trouble.push({ what, error }),
    warn: (what) => void warnings.push(what),
    info() {},
  }
  const gate: Gate = { stage: 'starting', isBehind: () => false, failing: () => failing }
  const hub = new Hub({
    expiry: new ExpiryClock({ clock, log }),
    store,
    broadcast,
    doorbell: localDoorbell(),
    clock,
    ids,
    log,
    settings: { build: 'test', sessionDays: 90, siteName: 'Hubbub' },
  })
  const app = createApp({
    hub,
    gate,
    settings: { ...SETTINGS, ...settings },
    clock,
    ids,
    log,
    ...(assets && { assets }),
  })
  const server = app.listen({ port: 0, hostname: '127.0.0.1' })
  broadcast.attach(server)
  await hub.start()
  if (ready) gate.stage = 'open'
  const origin = `http://127.0.0.1:${server.port}`
  return {
    hub,
    store,
    gate,
    server,
    app,
    /** errors and warnings that were logged */
    trouble,
    warnings,
    port: server.port ?? 0,
    origin,
    ws: `${origin.replace('http', 'ws')}/ws?v=2`,
    guest: (name: string) => aGuest(origin, name),
    /** Time passes (ms), with a tick of the hub each second. */
    pass(ms: number) {
      for (let left = ms; left > 0; left -= 1_000) {
        clock.pass(Math.min(left, 1_000))
        hub.tick()
      }
    },
    stop: () => server.stop(true),
  }
}
