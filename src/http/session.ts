import { Elysia } from 'elysia'
import type { Hub } from '../hub/hub.ts'
import type { Clock } from '../hub/ports.ts'
import { ChatError } from '../shared/errors.ts'
import { setCookie } from '../lib/cookie.ts'
import { visitOf } from './admit.ts'
import { jsonOf, neededText, SLUG, textOf } from './body.ts'
import { Buckets } from '../hub/rateLimit.ts'
import { give, type Purse, scaled, spend } from './spend.ts'
import { hashOf, newToken, someone, tokensOf, whoAsks } from './authenticate.ts'

const DAY = 24 * 60 * 60

export interface SessionSettings {
  /** days without use after which a session ends */
  sessionDays: number
  /** per hour; half of it at once */
  maxNewGuestsPerAddress: number
  maxConnectionsPerAddress: number
}

/** Of what there is of them, one person's and one address's; each may read much. */
const COPIES = { perSecond: 1 / 60, burst: 3 }
/** Refused names and unknown tokens: per address, per private peer, per person. */
const VAIN = { perSecond: 1, burst: 60 }
const VAIN_NEARBY = { perSecond: 20, burst: 500 }
const VAIN_RENAMES = { perSecond: 1, burst: 20 }
/** Most sessions one sign-out ends; it stops after so many unknown tokens. */
const ENDS = { most: 8, unknown: 2 }
const COPY = {
  'content-type': 'application/json; charset=utf-8',
  'content-disposition': 'attachment; filename="hubbub.json"',
}

/** Text as it is asked for: whoever reads slowly, or stops, costs no more than they have read. */
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

/** Becoming somebody, being them again, another name, and leaving: `/api/session`. */
export function session(deps: { hub: Hub; clock: Clock; settings: SessionSettings }) {
  const { hub, clock, settings } = deps
  const guests = new Buckets({
    perSecond: settings.maxNewGuestsPerAddress / 3_600,
    burst: settings.maxNewGuestsPerAddress / 2,
  })

  const copies = new Buckets(COPIES)

  const vain = new Buckets(scaled(VAIN, settings.maxConnectionsPerAddress))
  const vainEnds = new Buckets(scaled(VAIN, settings.maxConnectionsPerAddress))
  const [vainNearby, vainEndsNearby] = [new Buckets(VAIN_NEARBY), new Buckets(VAIN_NEARBY)]
  const vainRenames = new Buckets(VAIN_RENAMES)

  /** @param came the cookie by which the person came: the former one is cleared once today's is set */
  function cookies(request: Request, token: string, seconds: number, came: string | null): Headers {
    const { cookie, secure } = visitOf(request)
    const headers = new Headers({ 'set-cookie': setCookie(cookie, token, seconds, secure) })
    if (came !== null && came !== cookie) headers.append('set-cookie', setCookie(came, '', 0, secure))
    return headers
  }
  const kept = (request: Request, token: string, came: string | null) =>
    cookies(request, token, settings.sessionDays * DAY, came)

  /** Does what must not be free where it fails: it is paid for at once, and given back if something comes of it. */
  async function atACost<T>(purses: readonly Purse[], act: () => Promise<T>): Promise<T> {
    spend(clock.now(), ...purses)
    const done = await act()
    give(...purses)
    return done
  }
  const byAddress = (request: Request, counted: Buckets, nearby: Buckets): Purse[] => {
    const visit = visitOf(request)
    return [
      [counted, visit.counted],
      [nearby, visit.counted === null ? visit.address : null],
    ]
  }

  /** One guest more from this address, if there may be; given back when nobody came of it. */
  async function asNewGuest<T>(counted: string | null, make: () => Promise<T>): Promise<T> {
    if (counted === null) return await make()
    const after = guests.spend(counted, clock.now())
    if (after > 0)
      throw new ChatError('rateLimited', 'Too many new names from your network. Try again later.', {
        reason: 'newGuests',
        after,
      })
    try {
      return await make()
    } catch (error) {
      guests.give(counted)
      throw error
    }
  }

  return new Elysia({ name: 'session' })
    .post(
      '/api/session',
      ({ request }) =>
        atACost(byAddress(request, vain, vainNearby), async () => {
          const fields = await jsonOf(request)
          const name = neededText(fields, 'name')
          const room = textOf(fields, 'room') ?? 'lobby'
          if (!SLUG.test(room)) throw new ChatError('badRequest')
          if (await whoAsks(hub, request)) throw new ChatError('signedIn')
          const token = newToken()
          const { counted } = visitOf(request)
          const user = await asNewGuest(counted, () => hub.people.signUp(name, hashOf(token), room))
          return Response.json({ user }, { status: 201, headers: kept(request, token, null) })
        }),
      { parse: 'none' },
    )
    .get('/api/session', async ({ request }) => {
      const who = await someone(hub, request)
      return Response.json(
        { user: who.user },
        who.cookie === null ? {} : { headers: kept(request, who.token, who.cookie) },
      )
    })
    .patch(
      '/api/session',
      async ({ request }) => {
        const name = neededText(await jsonOf(request), 'name')
        const { user } = await someone(hub, request)
        const renamed = await atACost([[vainRenames, user.id]], () => hub.people.rename(user, name))
        return Response.json({ user: renamed })
      },
      { parse: 'none' },
    )
    .get('/api/session/export', async ({ request }) => {
      const { user } = await someone(hub, request)
      // Nothing is read for it.
      if (request.method === 'HEAD') return new Response(null, { headers: COPY })
      spend(clock.now(), [copies, user.id], [copies, visitOf(request).counted])
      return new Response(streamOf(hub.ownCopy(user)), { headers: COPY })
    })
    .delete(
      '/api/session',
      async ({ request }) => {
        // Every session it names, also two at once: the way out for a person to whom another host gave one.
        const { tokens, cookie } = tokensOf(request)
        const purses = tokens.length === 0 ? [] : byAddress(request, vainEnds, vainEndsNearby)
        spend(clock.now(), ...purses)
        let [ended, unknown] = [0, 0]
        for (const token of tokens.slice(0, ENDS.most)) {
          if (await hub.people.signOut(hashOf(token))) ended += 1
          else if ((unknown += 1) === ENDS.unknown) break
        }
        if (ended > 0) give(...purses)
        return new Response(null, {
          status: 204,
          headers: cookies(request, '', 0, ended > 0 ? cookie : null),
        })
      },
      { parse: 'none' },
    )
}
