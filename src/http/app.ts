import type { Server } from 'bun'
import { type AnyElysia, Elysia } from 'elysia'
import type { Hub } from '../hub/hub.ts'
import type { Clock, Ids, Log } from '../hub/ports.ts'
import type { Rate } from '../hub/rateLimit.ts'
import { type MetricsSink, NO_METRICS } from '../lib/metricsSink.ts'
import { ChatError } from '../shared/errors.ts'
import { errorResponse } from './errorResponse.ts'
import { type Gate, metricsPage, type MetricsSource } from './health.ts'
import { ConnectionCounts } from './limits/connectionCounts.ts'
import { RoomProbeLimiter } from './limits/roomProbeLimiter.ts'
import { type AdmissionSettings, createAdmission } from './requestAdmission.ts'
import { roomRoutes } from './rooms.ts'
import { sessionRoutes, type SessionSettings } from './session.ts'
import { FRAME_RATE } from './socket/frameRateLimiter.ts'
import { SocketlessSessions } from './socketlessSessions.ts'
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
  /** the page and its files; tests of the API do without */
  assets?: AnyElysia
  /** frames that one connection may send; only load tests differ from `docs/protocol.md` §9 */
  frames?: Rate
  metricsSink?: MetricsSink
  observer?: ConnectionObserver
  /** served at `/metrics` to clients that have the token */
  metrics?: MetricsSource & { token: string }
}

/** Bytes above which Bun itself refuses a body; its answer lacks our headers. Admission has a lower limit: `MAX_BODY`. */
const BUN_MAX_BODY = 1024 * 1024

/** Puts all routes together. Nothing listens before `listen`. */
export function createApp(deps: AppDeps) {
  const { hub, settings, clock, ids, log, assets, metrics } = deps
  const { frames = FRAME_RATE, metricsSink = NO_METRICS } = deps
  const { maxConnectionsPerAddress } = settings
  const connections = new ConnectionCounts()
  const roomProbes = new RoomProbeLimiter(clock, maxConnectionsPerAddress)
  const socketless = new SocketlessSessions(deps)
  const admit = createAdmission({ ...deps, connections })
  const { upgrade, ...sockets } = createSockets({
    ...deps,
    connections,
    roomProbes,
    metricsSink,
    frames,
    socketless,
  })

  const app = new Elysia({
    strictPath: true,
    // Bun's own router would answer some paths without the hooks, so without headers and admission.
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
        return errorResponse(error.code, error.details, error.message)
      }
      if (code === 'NOT_FOUND') return errorResponse('notFound')
      if (code === 'PARSE' || code === 'VALIDATION') return errorResponse('badRequest')
      const request = ids.random(12)
      set.headers['x-request-id'] = request
      log.error(`request ${request}`, error)
      return errorResponse('internal')
    })
    .use(sessionRoutes({ hub, clock, settings, socketless }))
    .use(roomRoutes({ hub, clock, roomProbes, maxConnectionsPerAddress, socketless }))
    .ws('/ws', { beforeHandle: upgrade })
  if (metrics) app.use(metricsPage(metrics, metrics.token))
  if (assets) app.use(assets)

  return {
    ...sockets,
    listen(at: { port: number; hostname: string }): Server<unknown> {
      // Elysia's default lets two processes share a port in silence.
      app.listen({ ...at, reusePort: false })
      if (!app.server) throw new TypeError('not listening')
      return app.server
    },
  }
}
