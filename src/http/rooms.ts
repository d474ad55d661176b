import { Elysia } from 'elysia'
import type { Hub } from '../hub/hub.ts'
import type { Clock, HistoryQuery } from '../hub/ports.ts'
import { ChatError } from '../shared/errors.ts'
import { LIMITS } from '../shared/limits.ts'
import { byteLength } from '../shared/text.ts'
import { visitOf } from './admit.ts'
import { jsonOf, neededText, SLUG, textOf } from './body.ts'
import { Buckets } from '../hub/rateLimit.ts'
import type { Misses } from './roomProbeLimiter.ts'
import { scaled, spend } from './spend.ts'
import { someone } from './authenticate.ts'

const ID = /^[0-9a-f-]{1,64}$/
const IDS = 50
/** Pages of history, lists and new rooms of one person, and of one address (S16, S17). */
const PAGES = { perSecond: 2, burst: 30 }
/** Each full 64 KiB of a page costs one page more. */
const HEAVY = 64 * 1024
const LISTS = { perSecond: 1, burst: 20 }
const MADE = { perSecond: 20 / 3_600, burst: 20 }
/** New rooms of all people together whose address has no limit: rooms stay, and guests are made quickly. */
const MADE_NEARBY = { perSecond: 200 / 3_600, burst: 200 }
const JSON_ONLY = { 'content-type': 'application/json;charset=utf-8' }

/** @throws ChatError `badRequest` for anything but a number of the room's log, written plainly */
function seqOf(text: string): number {
  const seq = Number(text)
  if (!/^(0|[1-9]\d{0,15})$/.test(text) || !Number.isSafeInteger(seq)) throw new ChatError('badRequest')
  return seq
}

/**
 * What a history request asks for (`docs/protocol.md` §5).
 * @throws ChatError `badRequest` for nonsense, a parameter given twice, or two places at once
 */
function historyQuery(params: URLSearchParams): HistoryQuery {
  const one = (name: string): string | null => {
    const [value = null, ...more] = params.getAll(name)
    if (more.length > 0) throw new ChatError('badRequest')
    return value
  }
  const limit = seqOf(one('limit') ?? String(LIMITS.history))
  if (limit < 1 || limit > LIMITS.historyMax) throw new ChatError('badRequest')

  const places: HistoryQuery[] = []
  for (const at of ['before', 'after', 'around'] as const) {
    const text = one(at)
    if (text !== null) places.push({ limit, at, seq: seqOf(text) })
  }
  const list = one('ids')
  if (list !== null) {
    const ids = [...new Set(list.split(','))]
    if (ids.length > IDS || !ids.every((id) => ID.test(id))) throw new ChatError('badRequest')
    places.push({ limit, at: 'ids', ids })
  }
  const pinned = one('pinned')
  if (pinned !== null && pinned !== 'true') throw new ChatError('badRequest')
  if (pinned !== null) places.push({ limit, at: 'pinned' })
  if (places.length > 1) throw new ChatError('badRequest')
  return places[0] ?? { limit, at: 'end' }
}

/**
 * Which rooms are asked for: `q` is part of a name, `after` the last one of the answer before.
 * @throws ChatError `badRequest` for nonsense, or a parameter given twice
 */
function listQuery(params: URLSearchParams): { search: string; after: string } {
  const [search = '', ...moreSearches] = params.getAll('q')
  const [after = '', ...moreAfter] = params.getAll('after')
  const isNonsense = moreSearches.length + moreAfter.length > 0 || (after !== '' && !SLUG.test(after))
  if (isNonsense || byteLength(search) > LIMITS.roomName.bytes) throw new ChatError('badRequest')
  return { search: search.trim(), after }
}

/** What is no slug is a room that does not exist, and nothing shows the difference. */
const nowhere = () => Promise.reject(new ChatError('noRoom'))

interface Deps {
  hub: Hub
  clock: Clock
  misses: Misses
  maxConnectionsPerAddress: number
}

/** The rooms there are, one more of them, and what was said in one. */
export function rooms({ hub, clock, misses, maxConnectionsPerAddress: most }: Deps) {
  const pages = new Buckets(PAGES)
  // Quotes and pins come by themselves with a room: they must not use up what people at one address scroll by.
  const scrolls = new Buckets(scaled(PAGES, most))
  const quotes = new Buckets(scaled(PAGES, most))
  const lists = new Buckets(LISTS)
  const listsNearby = new Buckets(scaled(LISTS, most))
  const made = new Buckets(MADE)
  const madeAtAddress = new Buckets(scaled(MADE, most))
  const madeNearby = new Buckets(scaled(MADE_NEARBY, most))

  return new Elysia({ name: 'rooms' })
    .get('/api/rooms', async ({ request }) => {
      const { user } = await someone(hub, request)
      const query = listQuery(new URL(request.url).searchParams)
      if (request.method === 'HEAD') return new Response(null, { headers: JSON_ONLY })
      spend(clock.now(), [lists, user.id], [listsNearby, visitOf(request).counted])
      return Response.json(await hub.rooms.list(user, query))
    })
    .post(
      '/api/rooms',
      async ({ request }) => {
        const fields = await jsonOf(request)
        const name = neededText(fields, 'name')
        const topic = textOf(fields, 'topic') ?? ''
        const kind = textOf(fields, 'kind') ?? 'public'
        const { user } = await someone(hub, request)
        if (kind !== 'public')
          throw new ChatError('roomInvalid', 'Only public rooms can be made.', { reason: 'kind' })
        const { counted } = visitOf(request)
        const nearby = counted === null ? 'all' : null
        spend(clock.now(), [made, user.id], [madeAtAddress, counted], [madeNearby, nearby])
        return Response.json(await hub.rooms.make(user, { name, topic }), { status: 201 })
      },
      { parse: 'none' },
    )
    .patch(
      '/api/rooms/:room',
      async ({ request, params }) => {
        const topic = neededText(await jsonOf(request), 'topic')
        const { user } = await someone(hub, request)
        const entry = await misses.guard(user.id, visitOf(request).counted, () =>
          SLUG.test(params.room) ? hub.rooms.setTopic(user, params.room, topic) : nowhere(),
        )
        return Response.json(entry)
      },
      { parse: 'none' },
    )
    .get('/api/rooms/:room/messages', async ({ request, params }) => {
      const query = historyQuery(new URL(request.url).searchParams)
      const { user } = await someone(hub, request)
      const { counted } = visitOf(request)
      const isScroll = query.at !== 'ids' && query.at !== 'pinned'
      spend(clock.now(), [pages, user.id], [isScroll ? scrolls : quotes, counted])
      const page = await misses.guard(user.id, counted, () =>
        SLUG.test(params.room) ? hub.history(params.room, query, user.id) : nowhere(),
      )
      const text = JSON.stringify(page)
      pages.charge(user.id, clock.now(), Math.floor(Buffer.byteLength(text) / HEAVY))
      return new Response(text, { headers: JSON_ONLY })
    })
}
