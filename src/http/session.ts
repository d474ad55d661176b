import { Elysia } from 'elysia'
import type { Hub } from '../hub/hub.ts'
import type { Clock } from '../hub/ports.ts'
import { ChatError } from '../shared/errors.ts'
import { setCookie } from '../lib/cookie.ts'
import { visitOf } from './admit.ts'
import { jsonOf, neededText } from './body.ts'
import { Buckets } from '../hub/rate.ts'
import { COOKIE, hashOf, newToken, someone, tokensOf, whoAsks } from './who.ts'

const DAY = 24 * 60 * 60

export interface SessionSettings {
  /** days without use after which a session ends */
  sessionDays: number
  /** per hour; half of it at once */
  maxNewGuestsPerAddress: number
}

/** Of what there is of them, one person's and one address's; each may read much. */
const COPIES = { perSecond: 1 / 60, burst: 3 }
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

  const cookie = (request: Request, token: string, seconds: number) => ({
    'set-cookie': setCookie(COOKIE, token, seconds, visitOf(request).secure),
  })
  const kept = (request: Request, token: string) => cookie(request, token, settings.sessionDays * DAY)

  /** One guest more from this address, if there may be; given back when nobody came of it. */
  async function asNewGuest<T>(counted: string | null, make: () => Promise<T>): Promise<T> {
    if (counted === null) return await make()
    const after = guests.spend(counted, clock.now())
    if (after > 0)
      throw new ChatError('rateLimited', 'Too many new names from your network. Try again later.', { after })
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
      async ({ request }) => {
        const name = neededText(await jsonOf(request), 'name')
        if (await whoAsks(hub, request)) throw new ChatError('signedIn')
        const token = newToken()
        const { counted } = visitOf(request)
        const user = await asNewGuest(counted, () => hub.people.signUp(name, hashOf(token)))
        return Response.json({ user }, { status: 201, headers: kept(request, token) })
      },
      { parse: 'none' },
    )
    .get('/api/session', async ({ request }) => {
      const who = await someone(hub, request)
      return Response.json({ user: who.user }, who.cookie ? { headers: kept(request, who.token) } : {})
    })
    .patch(
      '/api/session',
      async ({ request }) => {
        const name = neededText(await jsonOf(request), 'name')
        const { user } = await someone(hub, request)
        return Response.json({ user: await hub.people.rename(user, name) })
      },
      { parse: 'none' },
    )
    .get('/api/session/export', async ({ request }) => {
      const { user } = await someone(hub, request)
      const { counted } = visitOf(request)
      const now = clock.now()
      const keys = counted === null ? [user.id] : [user.id, counted]
      const after = Math.max(...keys.map((key) => copies.wait(key, now)))
      if (after > 0) throw new ChatError('rateLimited', undefined, { after })
      for (const key of keys) copies.spend(key, now)
      return new Response(streamOf(hub.ownCopy(user)), { headers: COPY })
    })
    .delete(
      '/api/session',
      async ({ request }) => {
        // Every session it names, also two at once: the way out for whom another host has planted one.
        for (const token of tokensOf(request).tokens.slice(0, 8)) await hub.people.signOut(hashOf(token))
        return new Response(null, { status: 204, headers: cookie(request, '', 0) })
      },
      { parse: 'none' },
    )
}
