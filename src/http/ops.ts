/** Where the server is in its life. `leaving`: still serving, but a load balancer should look elsewhere. */
export type Stage = 'starting' | 'open' | 'leaving' | 'draining'

/** What the edge asks before it lets anybody in. `failing`: names of what does not work now, for `/readyz`. */
export interface Gate {
  stage: Stage
  failing(): readonly string[]
}

/**
 * `/healthz` and `/readyz`, for probes: by any Host, never limited, no I/O (O15). Null for every other request.
 * @param path as it came, undecoded
 */
export function probe(method: string, path: string, gate: Gate): Response | null {
  if (method !== 'GET' && method !== 'HEAD') return null
  if (path === '/healthz') return Response.json({ alive: true })
  if (path !== '/readyz') return null
  const failing = [...(gate.stage === 'open' ? [] : [gate.stage]), ...gate.failing()]
  return Response.json({ ready: failing.length === 0, failing }, { status: failing.length === 0 ? 200 : 503 })
}
