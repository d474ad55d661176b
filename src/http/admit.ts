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
import { failure } from './errorResponse.ts'
import { securityHeaders } from './headers.ts'
import { Buckets } from '../hub/rateLimit.ts'
import { type Gate, probe } from './health.ts'
import { allowsOrigin, hostOf, isLoopbackHost, type Origins } from './origin.ts'
import type { Places } from './connectionCounts.ts'

export interface AdmitSettings extends Origins {
  trustProxy: TrustProxy
  maxConnections: number
  maxConnectionsPerAddress: number
  /** per second; twice as many at once */
  maxHandshakesPerAddress: number
}

/** What admission found out about a request. */
export interface Visit {
  /** what its limits are counted by; null: a private peer nobody vouches for, which may be many people, has none */
  counted: string | null
  /** it came by https, so far as we can know: its cookies are Secure */
  secure: boolean
  /** the name of its session cookie */
  cookie: string
  /** where it comes from, as far as whom we trust can tell; nothing is counted by it */
  address: string
}

const visits = new WeakMap<Request, Visit>()

/** What admission found out. Of a request that it never saw: nothing to count by. */
export function visitOf(request: Request): Visit {
  return visits.get(request) ?? { counted: null, secure: false, cookie: 'session', address: '' }
}

/** The largest body of a request, in bytes. */
export const BODY = 64 * 1024
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])
const STARTING = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Starting</title><p>Starting. This page comes back by itself.</p></html>`

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

interface Asked {
  request: Request
  set: { headers: Record<string, unknown> }
  server: Pick<Server<unknown>, 'requestIP'> | null
}

/**
 * The one `onRequest`: headers for every answer, then the order of checks. Whom it does not admit gets its
 * `Response`; for anybody else it returns nothing.
 */
export function createAdmit(deps: {
  settings: AdmitSettings
  places: Places
  gate: Gate
  clock: Clock
  log: Log
}): (asked: Asked) => Response | undefined {
  const { settings, places, gate, clock, log } = deps
  const { publicUrl, trustProxy } = settings
  const handshakes = new Buckets({
    perSecond: settings.maxHandshakesPerAddress,
    burst: 2 * settings.maxHandshakesPerAddress,
  })
  let warned = false
  let last: { host: string | null; secure: boolean; headers: Readonly<Record<string, string>> } | null = null

  function visit(request: Request, peer: string): Visit {
    const { headers } = request
    const unvouched = trustProxy === 'none' && isPrivate(peer)
    if (unvouched && !warned && headers.has('x-forwarded-for')) {
      warned = true
      log.warn(
        'a proxy names the clients it speaks for, but TRUST_PROXY is not set: nobody is limited by address',
      )
    }
    const secure = publicUrl?.startsWith('https:') ?? cameByHttps(peer, headers, trustProxy)
    const address = clientAddress(peer, headers, trustProxy)
    const cookie = sessionCookie(secure, publicUrl ?? headers.get('host') ?? '')
    return { counted: unvouched ? null : addressKey(address), secure, cookie, address }
  }

  /** S1, S21: a browser says where its page is from; whoever does not is a program with its own token, or sits at the machine. */
  function mayAct(request: Request, host: string, peer: string, handshake: boolean): boolean {
    const origin = request.headers.get('origin')
    if (origin !== null) return allowsOrigin(origin, host, settings)
    if (bearerOf(request) !== null) return true
    const forwarded = FORWARDING.some((name) => request.headers.has(name))
    return handshake && isLoopback(peer) && isLoopbackHost(host) && !forwarded
  }

  function busy(counted: string | null): Response | undefined {
    const isFull = places.all >= settings.maxConnections
    if (gate.stage === 'draining' || isFull || gate.isBehind()) return failure('unavailable')
    if (counted === null) return undefined
    if (places.of(counted) >= settings.maxConnectionsPerAddress)
      return failure('rateLimited', { after: 10_000 })
    const after = handshakes.spend(counted, clock.now())
    return after > 0 ? failure('rateLimited', { after }) : undefined
  }

  /** Nearly every request asks for those of the one before. */
  function headersFor(host: string | null, secure: boolean): Readonly<Record<string, string>> {
    if (last?.host !== host || last.secure !== secure)
      last = { host, secure, headers: securityHeaders(host, secure, publicUrl) }
    return last.headers
  }

  function starting(request: Request): Response {
    if (!(request.headers.get('accept') ?? '').includes('text/html')) return failure('unavailable')
    const headers = { 'content-type': 'text/html;charset=utf-8', 'retry-after': '1', refresh: '1' }
    return new Response(STARTING, { status: 503, headers })
  }

  return ({ request, set, server }) => {
    const peer = server?.requestIP(request)?.address ?? ''
    const seen = visit(request, peer)
    visits.set(request, seen)
    const host = hostOf(request.headers.get('host'), settings)
    const believed = host === 'missing' || host === 'wrong' ? null : host
    Object.assign(set.headers, headersFor(believed, seen.secure))

    const path = pathOf(request.url)
    const answer = probe(request.method, path, gate)
    if (answer) return answer
    if (believed === null) return host === 'missing' ? failure('badRequest') : failure('wrongHost')

    const handshake = isHandshake(request, path)
    const unsafe = !SAFE.has(request.method)
    if ((handshake || unsafe) && !mayAct(request, believed, peer, handshake)) return failure('forbidden')
    if (unsafe && !isJson(request.headers)) return failure('unsupported')
    if (unsafe && Number(request.headers.get('content-length') ?? 0) > BODY) return failure('tooBig')
    if (gate.stage === 'starting') return starting(request)
    if (gate.stage === 'draining' && unsafe) return failure('unavailable')
    if (!handshake) return undefined
    if (!request.headers.has('upgrade')) return failure('badRequest')
    return busy(seen.counted)
  }
}
