import type { Server } from 'bun'
import { Elysia } from 'elysia'
import { errorResponse } from './errorResponse.ts'

/** Where the server is in its life. `leaving`: still serving, but a load balancer should look elsewhere. */
export type ServerStage = 'starting' | 'open' | 'leaving' | 'draining'

/** What the HTTP layer asks before it admits a request. `failing`: names of what does not work now, for `/readyz`. */
export interface Gate {
  stage: ServerStage
  /** the loop cannot keep up with its work: nobody new is let in (S7) */
  isBehind(): boolean
  failing(): readonly string[]
}

/**
 * `/healthz` and `/readyz`, for probes: by any Host, never limited, no I/O (O15). Null for every other request.
 * @param path as it came, undecoded
 */
export function answerProbe(method: string, path: string, gate: Gate): Response | null {
  if (method !== 'GET' && method !== 'HEAD') return null
  if (path === '/healthz') return Response.json({ alive: true })
  if (path !== '/readyz') return null
  const failing = [...(gate.stage === 'open' ? [] : [gate.stage]), ...gate.failing()]
  return Response.json({ ready: failing.length === 0, failing }, { status: failing.length === 0 ? 200 : 503 })
}

/** Prometheus' text of the moment it is asked for. */
export interface MetricsSource {
  text(): Promise<string>
  readonly contentType: string
}

/** `GET /metrics` for who has the token. For anybody else there is no such page (S33). */
export function metricsPage(metrics: MetricsSource, token: string) {
  // Under a key of this process alone: how far two of these are equal tells nobody anything about the token.
  const key = crypto.getRandomValues(new Uint8Array(32))
  const hmacOf = (text: string) => new Bun.CryptoHasher('sha256', key).update(text).digest('hex')
  const expected = hmacOf(`Bearer ${token}`)
  return new Elysia({ name: 'metrics' }).get('/metrics', ({ request: { headers } }) =>
    hmacOf(headers.get('authorization') ?? '') === expected
      ? metricsResponse(metrics)
      : errorResponse('notFound'),
  )
}

/** A listener with `/metrics` alone and no token, for a private network. Throws what `Bun.serve` throws. */
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
    fetch: ({ method, url }) =>
      method === 'GET' && new URL(url).pathname === '/metrics'
        ? metricsResponse(metrics)
        : new Response(null, { status: 404 }),
  })
}

async function metricsResponse(metrics: MetricsSource): Promise<Response> {
  const headers = { 'content-type': metrics.contentType, 'cache-control': 'no-store' }
  return new Response(await metrics.text(), { headers })
}
