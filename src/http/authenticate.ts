import type { Hub } from '../hub/hub.ts'
import { ChatError } from '../shared/errors.ts'
import type { Self } from '../shared/model.ts'
import { bearerOf, factsOf, namesBearer, TOKEN } from './requestFacts.ts'

/** The cookie's name before it depended on scheme and port; read only if today's cookie is absent (S49). */
const LEGACY_COOKIE = 'session'
/** Session cookies looked up in one request. Only a sibling host can plant more. */
const MAX_COOKIES = 4

/** A living session. Only the hash of its token reaches the hub. */
interface AuthenticatedSession {
  user: Self
  token: string
  hash: string
  /** the name of the cookie that held the token, null for a bearer token */
  cookie: string | null
}

/** 256 random bits. */
export function newToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: 'base64url', omitPadding: true })
}

export function hashOf(token: string): string {
  return new Bun.CryptoHasher('sha256').update(token).digest('hex')
}

/** Every distinct value that the Cookie header has under a name: a planted second session must be seen (S20). */
function cookieValues(header: string | null, name: string): string[] {
  const values = new Set<string>()
  for (const [key, value] of new Bun.CookieMap(header ?? '')) if (key === name) values.add(value)
  return [...values]
}

/** The well-formed session tokens of a request. With a bearer token, even a malformed one, no cookie is read. */
export function tokensOf(request: Request): Pick<AuthenticatedSession, 'cookie'> & { tokens: string[] } {
  if (namesBearer(request)) {
    const bearer = bearerOf(request)
    return { tokens: bearer === null ? [] : [bearer], cookie: null }
  }
  const header = request.headers.get('cookie')
  const { cookie: name } = factsOf(request)
  const current = cookieValues(header, name)
  const [cookie, values] =
    current.length > 0 ? [name, current] : [LEGACY_COOKIE, cookieValues(header, LEGACY_COOKIE)]
  return { tokens: values.filter((value) => TOKEN.test(value)), cookie }
}

/**
 * The session of a request, or null.
 * @throws ChatError `unauthenticated` for two living sessions in one request: one of them was planted (S20)
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

/** The session of a request. @throws ChatError `unauthenticated` if there is none */
export async function requireUser(hub: Hub, request: Request): Promise<AuthenticatedSession> {
  const session = await authenticate(hub, request)
  if (!session) throw new ChatError('unauthenticated')
  return session
}
