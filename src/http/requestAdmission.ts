import type { Server } from 'bun'
import type { Clock, Log } from '../hub/ports.ts'
import { Buckets } from '../hub/rateLimit.ts'
import { FORWARDING, isLoopback, isPrivate, type TrustProxy } from '../lib/address.ts'
import { errorResponse } from './errorResponse.ts'
import { type HstsSettings, securityHeaders } from './headers.ts'
import { answerProbe, type Gate } from './health.ts'
import type { ConnectionCounts } from './limits/connectionCounts.ts'
import { allowsOrigin, hostOf, isLoopbackHost, type Origins } from './origin.ts'
import { bearerOf, recordFacts } from './requestFacts.ts'

export interface AdmissionSettings extends Origins, HstsSettings {
  trustProxy: TrustProxy
  maxConnections: number
  maxConnectionsPerAddress: number
  /** per second; twice as many at once */
  maxHandshakesPerAddress: number
}

/** The largest body of a request, in bytes. */
export const MAX_BODY = 64 * 1024
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])
const STARTING_PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Starting</title><p>Starting. This page comes back by itself.</p></html>`

/** The path as it was sent. An odd Host makes `request.url` a bare path, or shifts what a URL parser takes for the path. */
function pathOf(url: string): string {
  const from = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
  return from < 0 ? '/' : (url.slice(from).split(/[?#]/, 1)[0] ?? '/')
}

/** Any request that can upgrade, however its path is spelt. */
function isHandshake(request: Request, path: string): boolean {
  return path === '/ws' || request.headers.has('upgrade') || request.headers.has('sec-websocket-key')
}

function isJson(headers: Headers): boolean {
  return /^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '')
}

function startingResponse(request: Request): Response {
  if (!(request.headers.get('accept') ?? '').includes('text/html')) return errorResponse('unavailable')
  const headers = { 'content-type': 'text/html;charset=utf-8', 'retry-after': '1', refresh: '1' }
  return new Response(STARTING_PAGE, { status: 503, headers })
}

interface AdmissionRequest {
  request: Request
  set: { headers: Record<string, unknown> }
  server: Pick<Server<unknown>, 'requestIP'> | null
}

/**
 * The one `onRequest` hook: it sets the headers of every answer, then checks the request before any routing. The hook
 * returns the refusal, or nothing for a request that is admitted.
 */
export function createAdmission(deps: {
  settings: AdmissionSettings
  connections: ConnectionCounts
  gate: Gate
  clock: Clock
  log: Log
}): (request: AdmissionRequest) => Response | undefined {
  const { settings, connections, gate, clock, log } = deps
  const setHeaders = securityHeaders(settings)
  const handshakes = new Buckets({
    perSecond: settings.maxHandshakesPerAddress,
    burst: 2 * settings.maxHandshakesPerAddress,
  })
  let hasWarned = false

  function warnOfProxy(headers: Headers, peer: string): void {
    if (hasWarned || settings.trustProxy !== 'none' || !headers.has('x-forwarded-for') || !isPrivate(peer))
      return
    hasWarned = true
    log.warn(
      'a proxy names the clients it speaks for, but TRUST_PROXY is not set: nobody is limited by address',
    )
  }

  /**
   * A browser names its page's origin. A request without Origin is from a program: it needs a bearer token, or is a handshake
   * from this machine without a proxy in between (S1, S21).
   */
  function mayAct(request: Request, host: string, peer: string, handshake: boolean): boolean {
    const origin = request.headers.get('origin')
    if (origin !== null) return allowsOrigin(origin, host, settings)
    if (bearerOf(request) !== null) return true
    const forwarded = FORWARDING.some((name) => request.headers.has(name))
    return handshake && isLoopback(peer) && isLoopbackHost(host) && !forwarded
  }

  function checkCapacity(limitKey: string | null): Response | undefined {
    const isFull = connections.total >= settings.maxConnections
    if (gate.stage === 'draining' || isFull || gate.isBehind()) return errorResponse('unavailable')
    if (limitKey === null) return undefined
    if (connections.from(limitKey) >= settings.maxConnectionsPerAddress)
      return errorResponse('rateLimited', { after: 10_000 })
    const after = handshakes.spend(limitKey, clock.elapsed())
    return after > 0 ? errorResponse('rateLimited', { after }) : undefined
  }

  return ({ request, set, server }) => {
    const peer = server?.requestIP(request)?.address ?? ''
    const { limitKey, secure } = recordFacts(request, peer, settings)
    warnOfProxy(request.headers, peer)
    const header = request.headers.get('host') ?? ''
    const host = hostOf(header, settings)
    setHeaders(set.headers, host, secure)

    const path = pathOf(request.url)
    const answer = answerProbe(request.method, path, gate)
    if (answer) return answer
    if (host === null) return errorResponse(header === '' ? 'badRequest' : 'wrongHost')

    const handshake = isHandshake(request, path)
    const unsafe = !SAFE_METHODS.has(request.method)
    if ((handshake || unsafe) && !mayAct(request, host, peer, handshake)) return errorResponse('forbidden')
    if (unsafe && !isJson(request.headers)) return errorResponse('unsupported')
    if (unsafe && Number(request.headers.get('content-length') ?? 0) > MAX_BODY)
      return errorResponse('tooBig')
    if (gate.stage === 'starting') return startingResponse(request)
    if (gate.stage === 'draining' && unsafe) return errorResponse('unavailable')
    if (!handshake) return undefined
    if (!request.headers.has('upgrade')) return errorResponse('badRequest')
    return checkCapacity(limitKey)
  }
}
