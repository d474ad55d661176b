import { Elysia } from 'elysia'
import type { Hub } from '../hub/hub.ts'
import type { Clock } from '../hub/ports.ts'
import { ChatError } from '../shared/errors.ts'
import { setCookie } from '../lib/cookie.ts'
import { factsOf } from './requestAdmission.ts'
import { ROOM_SLUG } from '../shared/names.ts'
import { readJson, requireText, optionalText } from './body.ts'
import { Buckets } from '../hub/rateLimit.ts'
import { giveBackTokens, type BucketKey, scaledForAddress, spendTokens } from './limits/spendTokens.ts'
import { hashOf, newToken, requireUser, tokensOf, authenticate } from './authenticate.ts'

const DAY = 24 * 60 * 60

export interface SessionSettings {
  /** days without use after which a session ends */
  sessionDays: number
  /** per hour; half of it at once */
  maxNewGuestsPerAddress: number
  maxConnectionsPerAddress: number
}

/** Of what there is of them, one person's and one address's; each may read much. */
const EXPORTS = { perSecond: 1 / 60, burst: 3 }
/** Refused names and unknown tokens: per address, per private peer, per person. */
const FAILURES = { perSecond: 1, burst: 60 }
const FAILURES_PRIVATE = { perSecond: 20, burst: 500 }
const FAILED_RENAMES = { perSecond: 1, burst: 20 }
/** Most sessions one sign-out ends; it stops after so many unknown tokens. */
const SIGN_OUT = { maxSessions: 8, maxUnknown: 2 }
const EXPORT_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'content-disposition': 'attachment; filename="hubbub.json"',
}

/** A stream that reads on only when the client does: a slow or gone client costs no more than it has read. */
function streamOf(pieces: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await pieces.next()
        if (done === true) controller.close()
        else controller.enqueue(new TextEncoder().encode(value))
      },
      async cancel() {
        await pieces.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}

/** `/api/session`: sign up, who am I, rename, my data, sign out. */
export function sessionRoutes(deps: { hub: Hub; clock: Clock; settings: SessionSettings }) {
  const { hub, clock, settings } = deps
  const newGuests = new Buckets({
    perSecond: settings.maxNewGuestsPerAddress / 3_600,
    burst: settings.maxNewGuestsPerAddress / 2,
  })

  const exports = new Buckets(EXPORTS)

  const failedSignUps = new Buckets(scaledForAddress(FAILURES, settings.maxConnectionsPerAddress))
  const failedSignOuts = new Buckets(scaledForAddress(FAILURES, settings.maxConnectionsPerAddress))
  const [failedSignUpsPrivate, failedSignOutsPrivate] = [
    new Buckets(FAILURES_PRIVATE),
    new Buckets(FAILURES_PRIVATE),
  ]
  const failedRenames = new Buckets(FAILED_RENAMES)

  /** @param usedCookie the cookie that the request used: one under a former name is cleared once today's is set */
  function cookies(request: Request, token: string, seconds: number, usedCookie: string | null): Headers {
    const { cookie, secure } = factsOf(request)
    const headers = new Headers({ 'set-cookie': setCookie(cookie, token, seconds, secure) })
    if (usedCookie !== null && usedCookie !== cookie)
      headers.append('set-cookie', setCookie(usedCookie, '', 0, secure))
    return headers
  }
  const newCookies = (request: Request, token: string, usedCookie: string | null) =>
    cookies(request, token, settings.sessionDays * DAY, usedCookie)

  /** Charges only failures: takes the tokens first, and gives them back if `act` succeeds. */
  async function chargeFailure<T>(limits: readonly BucketKey[], act: () => Promise<T>): Promise<T> {
    spendTokens(clock.elapsed(), ...limits)
    const done = await act()
    giveBackTokens(...limits)
    return done
  }
  const addressLimits = (request: Request, byAddress: Buckets, byPrivateAddress: Buckets): BucketKey[] => {
    const { limitKey, address } = factsOf(request)
    return [
      [byAddress, limitKey],
      [byPrivateAddress, limitKey === null ? address : null],
    ]
  }

  /** Takes one of the address's new guests, and gives it back if `make` fails. @throws ChatError `rateLimited` */
  async function limitNewGuests<T>(limitKey: string | null, make: () => Promise<T>): Promise<T> {
    if (limitKey === null) return await make()
    const after = newGuests.spend(limitKey, clock.elapsed())
    if (after > 0)
      throw new ChatError('rateLimited', 'Too many new names from your network. Try again later.', {
        reason: 'newGuests',
        after,
      })
    try {
      return await make()
    } catch (error) {
      newGuests.give(limitKey)
      throw error
    }
  }

  return new Elysia({ name: 'session' })
    .post(
      '/api/session',
      ({ request }) =>
        chargeFailure(addressLimits(request, failedSignUps, failedSignUpsPrivate), async () => {
          const fields = await readJson(request)
          const name = requireText(fields, 'name')
          const room = optionalText(fields, 'room') ?? 'lobby'
          if (!ROOM_SLUG.test(room)) throw new ChatError('badRequest')
          if (await authenticate(hub, request)) throw new ChatError('signedIn')
          const token = newToken()
          const { limitKey } = factsOf(request)
          const user = await limitNewGuests(limitKey, () => hub.sessions.signUp(name, hashOf(token), room))
          return Response.json({ user }, { status: 201, headers: newCookies(request, token, null) })
        }),
      { parse: 'none' },
    )
    .get('/api/session', async ({ request }) => {
      const who = await requireUser(hub, request)
      return Response.json(
        { user: who.user },
        who.cookie === null ? {} : { headers: newCookies(request, who.token, who.cookie) },
      )
    })
    .patch(
      '/api/session',
      async ({ request }) => {
        const name = requireText(await readJson(request), 'name')
        const { user } = await requireUser(hub, request)
        const renamed = await chargeFailure([[failedRenames, user.id]], () =>
          hub.sessions.names.rename(user, name),
        )
        return Response.json({ user: renamed })
      },
      { parse: 'none' },
    )
    .get('/api/session/export', async ({ request }) => {
      const { user } = await requireUser(hub, request)
      // Nothing is read for it.
      if (request.method === 'HEAD') return new Response(null, { headers: EXPORT_HEADERS })
      spendTokens(clock.elapsed(), [exports, user.id], [exports, factsOf(request).limitKey])
      return new Response(streamOf(hub.exportUser(user)), { headers: EXPORT_HEADERS })
    })
    .delete(
      '/api/session',
      async ({ request }) => {
        // Every session it names, also two at once: the way out for a person to whom another host gave one.
        const { tokens, cookie } = tokensOf(request)
        const limits =
          tokens.length === 0 ? [] : addressLimits(request, failedSignOuts, failedSignOutsPrivate)
        spendTokens(clock.elapsed(), ...limits)
        let [ended, unknown] = [0, 0]
        for (const token of tokens.slice(0, SIGN_OUT.maxSessions)) {
          if (await hub.sessions.signOut(hashOf(token))) ended += 1
          else if ((unknown += 1) === SIGN_OUT.maxUnknown) break
        }
        if (ended > 0) giveBackTokens(...limits)
        return new Response(null, {
          status: 204,
          headers: cookies(request, '', 0, ended > 0 ? cookie : null),
        })
      },
      { parse: 'none' },
    )
}
