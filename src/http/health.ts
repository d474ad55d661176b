import { timingSafeEqual } from 'node:crypto'
import type { Server } from 'bun'
import { Elysia } from 'elysia'
import { errorResponse } from './errorResponse.ts'

/** Where the server is in its life. `leaving`: still serving, but a load balancer should look elsewhere. */
type ServerStage = 'starting' | 'open' | 'leaving' | 'draining'

/** What the HTTP layer asks before it admits a request. */
export interface Gate {
  stage: ServerStage
  /** the event loop cannot keep up, so no new connection is admitted (S7) */
  isBehind(): boolean
  /** names of what does not work now, for `/readyz` */
  failing(): readonly string[]
}

/**
 * The answer to a probe, `/healthz` or `/readyz`, or null for any other request. Probes need no valid Host, have no limit
 * and do no I/O (O15).
 * @param path undecoded
 */
export function answerProbe(method: string, path: string, gate: Gate): Response | null {
  if (method !== 'GET' && method !== 'HEAD') return null
  if (path === '/healthz') return Response.json({ alive: true })
  if (path !== '/readyz') return null
  const failing = [...(gate.stage === 'open' ? [] : [gate.stage]), ...gate.failing()]
  return Response.json({ ready: failing.length === 0, failing }, { status: failing.length === 0 ? 200 : 503 })
}

/** Prometheus' text as of now. */
export interface MetricsSource {
  text(): Promise<string>
  readonly contentType: string
}

/** `GET /metrics` for requests with the token; for all others the page does not exist (S33). */
export function metricsPage(metrics: MetricsSource, token: string) {
  const digestOf = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest()
  const expected = digestOf(`Bearer ${token}`)
  return new Elysia({ name: 'metrics' }).get('/metrics', ({ request: { headers } }) =>
    timingSafeEqual(digestOf(headers.get('authorization') ?? ''), expected)
      ? metricsResponse(metrics)
      : errorResponse('notFound'),
  )
}

/** A listener for `/metrics` alone, without a token, for a private network. Throws what `Bun.serve` throws. */
export function listenForMetrics(
  metrics: MetricsSource,
  { host, port }: { host: string; port: number },
): Server<undefined> {
  return Bun.serve({
    hostname: host,
    port,
    reusePort: false,
    development: false,
    idleTimeout: 10,
    maxRequestBodySize: 0,
    routes: { '/metrics': { GET: () => metricsResponse(metrics) } },
    fetch: () => new Response(null, { status: 404 }),
  })
}

async function metricsResponse(metrics: MetricsSource): Promise<Response> {
  const headers = { 'content-type': metrics.contentType, 'cache-control': 'no-store' }
  return new Response(await metrics.text(), { headers })
}
