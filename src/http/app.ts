import type { Server } from 'bun'
import { Elysia, type AnyElysia } from 'elysia'
import type { Hub } from '../hub/hub.ts'
import type { Clock, Ids, Log } from '../hub/ports.ts'
import type { Rate } from '../hub/rateLimit.ts'
import { type MetricsSink, NO_METRICS } from '../lib/metricsSink.ts'
import { ChatError } from '../shared/errors.ts'
import { type AdmissionSettings, createAdmission } from './requestAdmission.ts'
import { errorResponse, responseOfError } from './errorResponse.ts'
import { type Gate, metricsPage, type MetricsSource } from './health.ts'
import { FRAME_RATE } from './socket/frameRateLimiter.ts'
import { RoomProbeLimiter } from './limits/roomProbeLimiter.ts'
import { ConnectionCounts } from './limits/connectionCounts.ts'
import { roomRoutes } from './rooms.ts'
import { sessionRoutes, type SessionSettings } from './session.ts'
import { createSockets, SOCKET_LIMITS } from './socket/socket.ts'
import type { ConnectionObserver } from './socket/socketConnection.ts'

export type HttpSettings = AdmissionSettings & SessionSettings

export interface AppDeps {
  hub: Hub
  gate: Gate
  settings: HttpSettings
  clock: Clock
  ids: Ids
  log: Log
  /** the page and its files; none in tests of the rest */
  assets?: AnyElysia
  /** how many frames one connection may send; as `docs/protocol.md` §9 unless a load wants more */
  frames?: Rate
  metricsSink?: MetricsSink
  observer?: ConnectionObserver
  /** who knows the token may read them; without it nobody can */
  metrics?: MetricsSource & { token: string }
}

/** What Bun refuses by itself, without a word. Admission refuses above `MAX_BODY` already, with an answer. */
const BUN_MAX_BODY = 1024 * 1024

/** Every route on one screen. Nothing listens yet: P61, tests make as many as they like. */
export function createApp(deps: AppDeps): {
  listen(at: { port: number; hostname: string }): Server<unknown>
  /** bytes that all sockets together have not taken */
  unsent(): number
  /** Each second: closes the slowest readers while all sockets together have too many bytes unsent (S9). */
  shedSlowReaders(maxUnsent?: number): void
} {
  const {
    hub,
    gate,
    settings,
    clock,
    ids,
    log,
    assets,
    frames = FRAME_RATE,
    metricsSink = NO_METRICS,
    metrics,
    observer,
  } = deps
  const connections = new ConnectionCounts()
  const { maxConnectionsPerAddress } = settings
  const roomProbes = new RoomProbeLimiter(clock, maxConnectionsPerAddress)
  const admit = createAdmission({ settings, connections, gate, clock, log })
  const { upgrade, message, unsent, shedSlowReaders } = createSockets({
    hub,
    connections,
    roomProbes,
    clock,
    ids,
    log,
    metricsSink,
    frames,
    ...(observer && { observer }),
  })

  const app = new Elysia({
    strictPath: true,
    // One way in: Bun's own router would answer some paths beside the hooks (X8).
    systemRouter: false,
    websocket: SOCKET_LIMITS,
    serve: { development: false, idleTimeout: 10, maxRequestBodySize: BUN_MAX_BODY },
  })
    .onRequest((request) => {
      const refused = admit(request)
      if (refused?.status === 429) metricsSink.count('rateLimited', 'handshakes')
      return refused
    })
    .onError(({ code, error, set }) => {
      if (error instanceof ChatError) {
        if (error.code === 'rateLimited') metricsSink.count('rateLimited', 'requests')
        return responseOfError(error)
      }
      if (code === 'NOT_FOUND') return errorResponse('notFound')
      if (code === 'PARSE' || code === 'VALIDATION') return errorResponse('badRequest')
      const request = ids.random(12)
      set.headers['x-request-id'] = request
      log.error(`request ${request}`, error)
      return errorResponse('internal')
    })
    .use(sessionRoutes({ hub, clock, settings }))
    .use(roomRoutes({ hub, clock, roomProbes, maxConnectionsPerAddress }))
    .ws('/ws', { beforeHandle: upgrade })
  if (metrics) app.use(metricsPage(metrics, metrics.token))
  if (assets) app.use(assets)

  return {
    unsent,
    shedSlowReaders,
    listen(at) {
      // P25: two processes must not share a port. P19: this `message` replaces Elysia's for all sockets.
      app.listen({ ...at, reusePort: false, websocket: { message } })
      if (!app.server) throw new TypeError('not listening')
      return app.server
    },
  }
}
