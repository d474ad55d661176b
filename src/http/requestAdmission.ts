import type { Server } from 'bun'
import type { Clock, Log } from '../hub/ports.ts'
import {
  addressKey,
  cameByHttps,
  clientAddress,
  FORWARDING,
  isLoopback,
  isPrivate,
  type TrustProxy,
} from '../lib/address.ts'
import { sessionCookie } from '../lib/cookie.ts'
import { bearerOf } from './bearer.ts'
import { errorResponse } from './errorResponse.ts'
import { securityHeaders } from './headers.ts'
import { Buckets } from '../hub/rateLimit.ts'
import { type Gate, answerProbe } from './health.ts'
import { allowsOrigin, hostOf, isLoopbackHost, type Origins } from './origin.ts'
import type { ConnectionCounts } from './limits/connectionCounts.ts'

export interface AdmissionSettings extends Origins {
  trustProxy: TrustProxy
  maxConnections: number
  maxConnectionsPerAddress: number
  /** per second; twice as many at once */
  maxHandshakesPerAddress: number
}

/** What admission found out about a request. */
export interface RequestFacts {
  /** limits of one address count by this key; null: no limit, for a private peer nobody vouches for may be many people */
  limitKey: string | null
  /** it came by https, so far as we can know: its cookies are Secure */
  secure: boolean
  /** the name of its session cookie */
  cookie: string
  /** where it comes from, as far as whom we trust can tell; no limit counts by it */
  address: string
}

const factsByRequest = new WeakMap<Request, RequestFacts>()

/** What admission found out. Of a request that it never saw: nothing to count by. */
export function factsOf(request: Request): RequestFacts {
  return factsByRequest.get(request) ?? { limitKey: null, secure: false, cookie: 'session', address: '' }
}

/** The largest body of a request, in bytes. */
export const MAX_BODY = 64 * 1024
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])
const STARTING_PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Starting</title><p>Starting. This page comes back by itself.</p></html>`

/** The path as it was sent: X11, a short or odd Host makes `request.url` a bare path or shifts what a parser sees. */
function pathOf(url: string): string {
  const from = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
  return from < 0 ? '/' : (url.slice(from).split(/[?#]/, 1)[0] ?? '/')
}

/** Everything that can upgrade, however its path is spelt. */
function isHandshake(request: Request, path: string): boolean {
  return path === '/ws' || request.headers.has('upgrade') || request.headers.has('sec-websocket-key')
}

function isJson(headers: Headers): boolean {
  return /^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '')
}

interface AdmissionRequest {
  request: Request
  set: { headers: Record<string, unknown> }
  server: Pick<Server<unknown>, 'requestIP'> | null
}

/**
 * The one `onRequest`: headers for every answer, then the order of checks. Whom it does not admit gets its
 * `Response`; for anybody else it returns nothing.
 */
export function createAdmission(deps: {
  settings: AdmissionSettings
  connections: ConnectionCounts
  gate: Gate
  clock: Clock
  log: Log
}): (request: AdmissionRequest) => Response | undefined {
  const { settings, connections, gate, clock, log } = deps
  const { publicUrl, trustProxy } = settings
  const handshakes = new Buckets({
    perSecond: settings.maxHandshakesPerAddress,
    burst: 2 * settings.maxHandshakesPerAddress,
  })
  let hasWarned = false
  let lastHeaders: {
    host: string | null
    secure: boolean
    headers: Readonly<Record<string, string>>
  } | null = null

  function examine(request: Request, peer: string): RequestFacts {
    const { headers } = request
    const isUnvouched = trustProxy === 'none' && isPrivate(peer)
    if (isUnvouched && !hasWarned && headers.has('x-forwarded-for')) {
      hasWarned = true
      log.warn(
        'a proxy names the clients it speaks for, but TRUST_PROXY is not set: nobody is limited by address',
      )
    }
    const secure = publicUrl?.startsWith('https:') ?? cameByHttps(peer, headers, trustProxy)
    const address = clientAddress(peer, headers, trustProxy)
    const cookie = sessionCookie(secure, publicUrl ?? headers.get('host') ?? '')
    return { limitKey: isUnvouched ? null : addressKey(address), secure, cookie, address }
  }

  /** S1, S21: a browser says where its page is from; whoever does not is a program with its own token, or sits at the machine. */
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

  /** Cached: nearly every request needs the headers of the one before. */
  function headersFor(host: string | null, secure: boolean): Readonly<Record<string, string>> {
    if (lastHeaders?.host !== host || lastHeaders.secure !== secure)
      lastHeaders = { host, secure, headers: securityHeaders(host, secure, publicUrl) }
    return lastHeaders.headers
  }

  function startingResponse(request: Request): Response {
    if (!(request.headers.get('accept') ?? '').includes('text/html')) return errorResponse('unavailable')
    const headers = { 'content-type': 'text/html;charset=utf-8', 'retry-after': '1', refresh: '1' }
    return new Response(STARTING_PAGE, { status: 503, headers })
  }

  return ({ request, set, server }) => {
    const peer = server?.requestIP(request)?.address ?? ''
    const facts = examine(request, peer)
    factsByRequest.set(request, facts)
    const host = hostOf(request.headers.get('host'), settings)
    const trustedHost = host === 'missing' || host === 'wrong' ? null : host
    Object.assign(set.headers, headersFor(trustedHost, facts.secure))

    const path = pathOf(request.url)
    const answer = answerProbe(request.method, path, gate)
    if (answer) return answer
    if (trustedHost === null)
      return host === 'missing' ? errorResponse('badRequest') : errorResponse('wrongHost')

    const handshake = isHandshake(request, path)
    const unsafe = !SAFE_METHODS.has(request.method)
    if ((handshake || unsafe) && !mayAct(request, trustedHost, peer, handshake))
      return errorResponse('forbidden')
    if (unsafe && !isJson(request.headers)) return errorResponse('unsupported')
    if (unsafe && Number(request.headers.get('content-length') ?? 0) > MAX_BODY)
      return errorResponse('tooBig')
    if (gate.stage === 'starting') return startingResponse(request)
    if (gate.stage === 'draining' && unsafe) return errorResponse('unavailable')
    if (!handshake) return undefined
    if (!request.headers.has('upgrade')) return errorResponse('badRequest')
    return checkCapacity(facts.limitKey)
  }
}
