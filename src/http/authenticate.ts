import type { Hub } from '../hub/hub.ts'
import { ChatError } from '../shared/errors.ts'
import type { Self } from '../shared/model.ts'
import { cookieValues } from '../lib/cookie.ts'
import { factsOf } from './requestAdmission.ts'
import { bearerOf, TOKEN } from './bearer.ts'

/** The cookie's name before it depended on scheme and port: read where the one of today is absent. */
const LEGACY_COOKIE = 'session'
/** Session cookies one request is asked about. More of them are nobody's doing but a sibling host's. */
const MAX_COOKIES = 4

/** Somebody with a living session. Only the hash of the token ever reaches the hub. */
export interface AuthenticatedSession {
  user: Self
  token: string
  hash: string
  /** the name of the cookie it came in; null: it is a bearer token */
  cookie: string | null
}

/** 256 random bits. */
export function newToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: 'base64url', omitPadding: true })
}

export function hashOf(token: string): string {
  return new Bun.CryptoHasher('sha256').update(token).digest('hex')
}

/** The tokens of a request that could be one's. With an `Authorization` of any kind no cookie is read. */
export function tokensOf(request: Request): Pick<AuthenticatedSession, 'cookie'> & { tokens: string[] } {
  if (request.headers.has('authorization')) {
    const bearer = bearerOf(request)
    return { tokens: bearer === null ? [] : [bearer], cookie: null }
  }
  const header = request.headers.get('cookie')
  const { cookie: name } = factsOf(request)
  const right = cookieValues(header, name)
  const [cookie, values] =
    right.length > 0 ? [name, right] : [LEGACY_COOKIE, cookieValues(header, LEGACY_COOKIE)]
  return { tokens: values.filter((value) => TOKEN.test(value)), cookie }
}

/**
 * Who asks, or null.
 * @throws ChatError `unauthenticated` for two living sessions in one request (S20): one of them was planted
 */
export async function authenticate(hub: Hub, request: Request): Promise<AuthenticatedSession | null> {
  const { tokens, cookie } = tokensOf(request)
  if (tokens.length > MAX_COOKIES) throw new ChatError('unauthenticated')
  const found: AuthenticatedSession[] = []
  for (const token of tokens) {
    const hash = hashOf(token)
    const user = await hub.sessions.whoIs(hash)
    if (user) found.push({ user, token, hash, cookie })
  }
  if (found.length > 1) throw new ChatError('unauthenticated')
  return found[0] ?? null
}

/** Who asks. @throws ChatError `unauthenticated` if nobody */
export async function requireUser(hub: Hub, request: Request): Promise<AuthenticatedSession> {
  const who = await authenticate(hub, request)
  if (!who) throw new ChatError('unauthenticated')
  return who
}
