import type { Server } from 'bun'
import { Elysia, type AnyElysia } from 'elysia'
import type { Hub } from '../hub/hub.ts'
import type { Clock, Ids, Log } from '../hub/ports.ts'
import type { Rate } from '../hub/rateLimit.ts'
import { type Counts, NO_COUNTS } from '../lib/counts.ts'
import { ChatError } from '../shared/errors.ts'
import { type AdmitSettings, createAdmit } from './admit.ts'
import { failure, failureOf } from './errorResponse.ts'
import { type Gate, metricsPage, type Scraped } from './health.ts'
import { FRAMES } from './socket/frameRateLimiter.ts'
import { Misses } from './roomProbeLimiter.ts'
import { Places } from './connectionCounts.ts'
import { rooms } from './rooms.ts'
import { session, type SessionSettings } from './session.ts'
import { createSockets, SOCKET_LIMITS, type Watch } from './socket/socket.ts'

export type Settings = AdmitSettings & SessionSettings

export interface AppDeps {
  hub: Hub
  gate: Gate
  settings: Settings
  clock: Clock
  ids: Ids
  log: Log
  /** the page and its files; none in tests of the rest */
  assets?: AnyElysia
  /** how many frames one connection may send; as `docs/protocol.md` §9 unless a load wants more */
  frames?: Rate
  counts?: Counts
  watch?: Watch
  /** who knows the token may read them; without it nobody can */
  metrics?: Scraped & { token: string }
}

/** What Bun refuses by itself, without a word. Admission says so politely from `BODY` on. */
const HARD_BODY = 1024 * 1024

/** Every route on one screen. Nothing listens yet: P61, tests make as many as they like. */
export function createApp(deps: AppDeps): {
  listen(at: { port: number; hostname: string }): Server<unknown>
  /** bytes that all sockets together have not taken */
  unsent(): number
  /** Each second: those who read most slowly are let go while all together leave too much unsent (S9). */
  relieve(most?: number): void
} {
  const {
    hub,
    gate,
    settings,
    clock,
    ids,
    log,
    assets,
    frames = FRAMES,
    counts = NO_COUNTS,
    metrics,
    watch,
  } = deps
  const places = new Places()
  const { maxConnectionsPerAddress } = settings
  const misses = new Misses(clock, maxConnectionsPerAddress)
  const admit = createAdmit({ settings, places, gate, clock, log })
  const { upgrade, message, unsent, relieve } = createSockets({
    hub,
    places,
    misses,
    clock,
    ids,
    log,
    counts,
    frames,
    ...(watch && { watch }),
  })

  const app = new Elysia({
    strictPath: true,
    // One way in: Bun's own router would answer some paths beside the hooks (X8).
    systemRouter: false,
    websocket: SOCKET_LIMITS,
    serve: { development: false, idleTimeout: 10, maxRequestBodySize: HARD_BODY },
  })
    .onRequest((asked) => {
      const refused = admit(asked)
      if (refused?.status === 429) counts.count('rateLimited', 'handshakes')
      return refused
    })
    .onError(({ code, error, set }) => {
      if (error instanceof ChatError) {
        if (error.code === 'rateLimited') counts.count('rateLimited', 'requests')
        return failureOf(error)
      }
      if (code === 'NOT_FOUND') return failure('notFound')
      if (code === 'PARSE' || code === 'VALIDATION') return failure('badRequest')
      const request = ids.random(12)
      set.headers['x-request-id'] = request
      log.error(`request ${request}`, error)
      return failure('internal')
    })
    .use(session({ hub, clock, settings }))
    .use(rooms({ hub, clock, misses, maxConnectionsPerAddress }))
    .ws('/ws', { beforeHandle: upgrade })
  if (metrics) app.use(metricsPage(metrics, metrics.token))
  if (assets) app.use(assets)

  return {
    unsent,
    relieve,
    listen(at) {
      // P25: two processes must not share a port. P19: this `message` replaces Elysia's for all sockets.
      app.listen({ ...at, reusePort: false, websocket: { message } })
      if (!app.server) throw new TypeError('not listening')
      return app.server
    },
  }
}
