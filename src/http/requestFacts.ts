import { addressKey, cameByHttps, clientAddress, isPrivate, type TrustProxy } from '../lib/address.ts'
import { type Origins, portOf } from './origin.ts'

/** What admission found out about a request. */
export interface RequestFacts {
  /** limits of one address count by this key; null: no limit, as many people may share the address */
  limitKey: string | null
  /** the client came by https, so its cookies are Secure */
  secure: boolean
  /** the name of the session cookie */
  cookie: string
  /** the client's address, as trusted proxies tell it */
  address: string
}

const factsByRequest = new WeakMap<Request, RequestFacts>()

/** The facts of an admitted request. A request that admission never saw has no limits. */
export function factsOf(request: Request): RequestFacts {
  return factsByRequest.get(request) ?? { limitKey: null, secure: false, cookie: 'session', address: '' }
}

/** Reads the facts and keeps them for `factsOf`. @param peer the address of the TCP connection */
export function recordFacts(
  request: Request,
  peer: string,
  { publicUrl, trustProxy }: Origins & { trustProxy: TrustProxy },
): RequestFacts {
  const { headers } = request
  const secure = publicUrl?.startsWith('https:') ?? cameByHttps(peer, headers, trustProxy)
  const address = clientAddress(peer, headers, trustProxy)
  const limitKey = trustProxy === 'none' && isPrivate(peer) ? null : addressKey(address)
  const cookie = sessionCookie(secure, publicUrl ?? headers.get('host') ?? '')
  const facts = { limitKey, secure, cookie, address }
  factsByRequest.set(request, facts)
  return facts
}

/**
 * The name of the session cookie. A browser sends a cookie to every port of a host, so two chats on one host need two
 * names. `__Host-` keeps a sibling host from setting the cookie, but exists only over https (S20, S49).
 */
function sessionCookie(secure: boolean, host: string): string {
  if (secure) return '__Host-session'
  const port = portOf(host)
  return port === 80 || port === 443 ? 'session' : `session-${port}`
}

/** The form of a session token: 256 bits in base64url. */
export const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** The token of an `Authorization: Bearer` header, or null. */
export function bearerOf({ headers }: Request): string | null {
  const [, token = ''] = /^bearer (\S+)$/i.exec(headers.get('authorization') ?? '') ?? []
  return TOKEN.test(token) ? token : null
}

/** Does the request name a bearer token, well-formed or not? Other schemes, such as Basic, belong to a proxy in front (S80). */
export function namesBearer({ headers }: Request): boolean {
  return /^bearer(\s|$)/i.test(headers.get('authorization')?.trim() ?? '')
}
