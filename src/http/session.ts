import { Type as t } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Elysia } from 'elysia'
import type { Hub } from '../hub/hub.ts'
import type { Clock } from '../hub/ports.ts'
import { Buckets } from '../hub/rateLimit.ts'
import { ChatError } from '../shared/errors.ts'
import { Room } from '../shared/protocol.ts'
import { authenticate, hashOf, newToken, requireUser, tokensOf } from './authenticate.ts'
import { readBody, readByRoute } from './body.ts'
import { type BucketKey, giveBackTokens, scaledForAddress, spendTokens } from './limits/spendTokens.ts'
import { factsOf } from './requestFacts.ts'
import type { SocketlessSessions } from './socketlessSessions.ts'

const DAY = 24 * 60 * 60

export interface SessionSettings {
  /** days without use after which a session ends */
  sessionDays: number
  /** per hour; half of it at once */
  maxNewGuestsPerAddress: number
  maxConnectionsPerAddress: number
}

/** Exports of one person, and of one address: each may read much. */
const EXPORTS = { perSecond: 1 / 60, burst: 3 }
/** Failed sign-ups and sign-outs of one address, the same of one private address, failed renames of one person (S51). */
const FAILURES = { perSecond: 1, burst: 60 }
const FAILURES_PRIVATE = { perSecond: 20, burst: 500 }
const FAILED_RENAMES = { perSecond: 1, burst: 20 }
/** How many sessions one sign-out ends at most, and after how many unknown tokens it stops. */
const SIGN_OUT = { maxSessions: 8, maxUnknown: 2 }
const TOO_MANY_GUESTS = {
  message: 'Too many new names from your network. Try again later.',
  reason: 'newGuests',
} as const
const EXPORT_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'content-disposition': 'attachment; filename="hubbub.json"',
}

const SignUp = TypeCompiler.Compile(t.Object({ name: t.String(), room: t.Optional(Room) }))
const NewName = TypeCompiler.Compile(t.Object({ name: t.String() }))

/** `/api/session`: sign up, who am I, rename, export, sign out. */
export function sessionRoutes(deps: {
  hub: Hub
  clock: Clock
  settings: SessionSettings
  socketless: SocketlessSessions
}) {
  const { hub, clock, settings, socketless } = deps
  const newGuests = new Buckets({
    perSecond: settings.maxNewGuestsPerAddress / 3_600,
    burst: settings.maxNewGuestsPerAddress / 2,
  })
  const exports = new Buckets(EXPORTS)
  const failures = () => ({
    byAddress: new Buckets(scaledForAddress(FAILURES, settings.maxConnectionsPerAddress)),
    byPrivateAddress: new Buckets(FAILURES_PRIVATE),
  })
  const [failedSignUps, failedSignOuts] = [failures(), failures()]
  const failedRenames = new Buckets(FAILED_RENAMES)

  function addressLimits(request: Request, buckets: ReturnType<typeof failures>): BucketKey[] {
    const { limitKey, address } = factsOf(request)
    return [limitKey === null ? [buckets.byPrivateAddress, address] : [buckets.byAddress, limitKey]]
  }

  /** Takes the tokens before `act`, and gives them back if it succeeds. @throws ChatError `rateLimited` */
  async function chargeFailure<T>(limits: readonly BucketKey[], act: () => Promise<T>): Promise<T> {
    spendTokens(clock.elapsed(), limits)
    const result = await act()
    giveBackTokens(limits)
    return result
  }

  /**
   * @param token empty to clear the cookie
   * @param usedCookie the cookie that the request used; under a former name it is cleared
   */
  function cookieHeaders(request: Request, token: string, usedCookie: string | null): Headers {
    const { cookie, secure } = factsOf(request)
    const headers = new Headers()
    const add = (name: string, value: string) => {
      const maxAge = value === '' ? 0 : settings.sessionDays * DAY
      const options = { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge } as const
      headers.append('set-cookie', new Bun.Cookie(name, value, options).serialize())
    }
    add(cookie, token)
    if (usedCookie !== null && usedCookie !== cookie) add(usedCookie, '')
    return headers
  }

  async function signUp(request: Request): Promise<Response> {
    const { name, room = 'lobby' } = await readBody(request, SignUp)
    if (await authenticate(hub, request)) throw new ChatError('signedIn')
    const token = newToken()
    const limits: BucketKey[] = [[newGuests, factsOf(request).limitKey]]
    spendTokens(clock.elapsed(), limits, TOO_MANY_GUESTS)
    const user = await hub.sessions.signUp(name, hashOf(token), room).catch((error: unknown) => {
      giveBackTokens(limits)
      throw error
    })
    return Response.json({ user }, { status: 201, headers: cookieHeaders(request, token, null) })
  }

  /** Ends every session that the request names: the way out for a person to whom another host gave a second cookie. */
  async function signOut(request: Request): Promise<Response> {
    const { tokens, cookie } = tokensOf(request)
    const limits = tokens.length === 0 ? [] : addressLimits(request, failedSignOuts)
    spendTokens(clock.elapsed(), limits)
    let [ended, unknown] = [0, 0]
    for (const token of tokens.slice(0, SIGN_OUT.maxSessions)) {
      if (await hub.sessions.signOut(hashOf(token))) ended += 1
      else if ((unknown += 1) === SIGN_OUT.maxUnknown) break
    }
    if (ended > 0) giveBackTokens(limits)
    const headers = cookieHeaders(request, '', ended > 0 ? cookie : null)
    return new Response(null, { status: 204, headers })
  }

  return new Elysia({ name: 'session' })
    .onParse(readByRoute)
    .post('/api/session', ({ request }) =>
      chargeFailure(addressLimits(request, failedSignUps), () => signUp(request)),
    )
    .get('/api/session', async ({ request }) => {
      const { user, token, hash, cookie } = await requireUser(hub, request)
      if (cookie !== null) socketless.asked(hash, user.id)
      return Response.json(
        { user },
        cookie === null ? {} : { headers: cookieHeaders(request, token, cookie) },
      )
    })
    .patch('/api/session', async ({ request }) => {
      const { name } = await readBody(request, NewName)
      const { user } = await requireUser(hub, request)
      const rename = () => hub.sessions.names.rename(user, name)
      return Response.json({ user: await chargeFailure([[failedRenames, user.id]], rename) })
    })
    .get('/api/session/export', async ({ request }) => {
      const { user } = await requireUser(hub, request)
      if (request.method === 'HEAD') return new Response(null, { headers: EXPORT_HEADERS })
      spendTokens(clock.elapsed(), [
        [exports, user.id],
        [exports, factsOf(request).limitKey],
      ])
      // Bun asks for the next piece only when the client has read the last, and ends the generator when the client is gone.
      return new Response(hub.exportUser(user), { headers: EXPORT_HEADERS })
    })
    .delete('/api/session', ({ request }) => signOut(request))
}
