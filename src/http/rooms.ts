import { Elysia } from 'elysia'
import type { Hub } from '../hub/hub.ts'
import type { Clock, HistoryQuery } from '../hub/ports.ts'
import { ChatError } from '../shared/errors.ts'
import { LIMITS } from '../shared/limits.ts'
import { byteLength } from '../shared/text.ts'
import { factsOf } from './requestAdmission.ts'
import { ROOM_SLUG } from '../shared/names.ts'
import { readJson, requireText, optionalText } from './body.ts'
import { Buckets } from '../hub/rateLimit.ts'
import type { RoomProbeLimiter } from './limits/roomProbeLimiter.ts'
import { scaledForAddress, spendTokens } from './limits/spendTokens.ts'
import { requireUser } from './authenticate.ts'

const ID = /^[0-9a-f-]{1,64}$/
const MAX_IDS = 50
/** Pages of history, lists and new rooms of one person, and of one address (S16, S17). */
const HISTORY_PAGES = { perSecond: 2, burst: 30 }
/** Each full 64 KiB of a page costs one page more. */
const HEAVY_PAGE = 64 * 1024
const ROOM_LISTS = { perSecond: 1, burst: 20 }
const NEW_ROOMS = { perSecond: 20 / 3_600, burst: 20 }
/** New rooms of all people together whose address has no limit: rooms stay, and guests are made quickly. */
const NEW_ROOMS_PRIVATE = { perSecond: 200 / 3_600, burst: 200 }
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
  const param = (name: string): string | null => {
    const [value = null, ...more] = params.getAll(name)
    if (more.length > 0) throw new ChatError('badRequest')
    return value
  }
  const limit = seqOf(param('limit') ?? String(LIMITS.history))
  if (limit < 1 || limit > LIMITS.historyMax) throw new ChatError('badRequest')

  const places: HistoryQuery[] = []
  for (const at of ['before', 'after', 'around'] as const) {
    const text = param(at)
    if (text !== null) places.push({ limit, at, seq: seqOf(text) })
  }
  const list = param('ids')
  if (list !== null) {
    const ids = [...new Set(list.split(','))]
    if (ids.length > MAX_IDS || !ids.every((id) => ID.test(id))) throw new ChatError('badRequest')
    places.push({ limit, at: 'ids', ids })
  }
  const pinned = param('pinned')
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
  const isNonsense = moreSearches.length + moreAfter.length > 0 || (after !== '' && !ROOM_SLUG.test(after))
  if (isNonsense || byteLength(search) > LIMITS.roomName.bytes) throw new ChatError('badRequest')
  return { search: search.trim(), after }
}

/** The answer for a malformed slug is that of a missing room: nobody can tell them apart. */
const rejectNoRoom = () => Promise.reject(new ChatError('noRoom'))

interface RoomRoutesDeps {
  hub: Hub
  clock: Clock
  roomProbes: RoomProbeLimiter
  maxConnectionsPerAddress: number
}

/** `/api/rooms`: list, create, set the topic, history. */
export function roomRoutes({ hub, clock, roomProbes, maxConnectionsPerAddress }: RoomRoutesDeps) {
  const historyPages = new Buckets(HISTORY_PAGES)
  // Quotes and pins come by themselves with a room: they must not use up what people at one address scroll by.
  const scrollsByAddress = new Buckets(scaledForAddress(HISTORY_PAGES, maxConnectionsPerAddress))
  const quotesByAddress = new Buckets(scaledForAddress(HISTORY_PAGES, maxConnectionsPerAddress))
  const roomLists = new Buckets(ROOM_LISTS)
  const roomListsByAddress = new Buckets(scaledForAddress(ROOM_LISTS, maxConnectionsPerAddress))
  const newRooms = new Buckets(NEW_ROOMS)
  const newRoomsByAddress = new Buckets(scaledForAddress(NEW_ROOMS, maxConnectionsPerAddress))
  const newRoomsPrivate = new Buckets(scaledForAddress(NEW_ROOMS_PRIVATE, maxConnectionsPerAddress))

  return new Elysia({ name: 'rooms' })
    .get('/api/rooms', async ({ request }) => {
      const { user } = await requireUser(hub, request)
      const query = listQuery(new URL(request.url).searchParams)
      if (request.method === 'HEAD') return new Response(null, { headers: JSON_ONLY })
      spendTokens(clock.elapsed(), [roomLists, user.id], [roomListsByAddress, factsOf(request).limitKey])
      return Response.json(await hub.rooms.list(user, query))
    })
    .post(
      '/api/rooms',
      async ({ request }) => {
        const fields = await readJson(request)
        const name = requireText(fields, 'name')
        const topic = optionalText(fields, 'topic') ?? ''
        const kind = optionalText(fields, 'kind') ?? 'public'
        const { user } = await requireUser(hub, request)
        if (kind !== 'public')
          throw new ChatError('roomInvalid', 'Only public rooms can be made.', { reason: 'kind' })
        const { limitKey } = factsOf(request)
        const privateKey = limitKey === null ? 'all' : null
        spendTokens(
          clock.elapsed(),
          [newRooms, user.id],
          [newRoomsByAddress, limitKey],
          [newRoomsPrivate, privateKey],
        )
        return Response.json(await hub.rooms.create(user, { name, topic }), { status: 201 })
      },
      { parse: 'none' },
    )
    .patch(
      '/api/rooms/:room',
      async ({ request, params }) => {
        const topic = requireText(await readJson(request), 'topic')
        const { user } = await requireUser(hub, request)
        const entry = await roomProbes.guard(user.id, factsOf(request).limitKey, () =>
          ROOM_SLUG.test(params.room) ? hub.rooms.setTopic(user, params.room, topic) : rejectNoRoom(),
        )
        return Response.json(entry)
      },
      { parse: 'none' },
    )
    .get('/api/rooms/:room/messages', async ({ request, params }) => {
      const query = historyQuery(new URL(request.url).searchParams)
      const { user } = await requireUser(hub, request)
      const { limitKey } = factsOf(request)
      const isScroll = query.at !== 'ids' && query.at !== 'pinned'
      spendTokens(
        clock.elapsed(),
        [historyPages, user.id],
        [isScroll ? scrollsByAddress : quotesByAddress, limitKey],
      )
      const page = await roomProbes.guard(user.id, limitKey, () =>
        ROOM_SLUG.test(params.room) ? hub.history(params.room, query, user.id) : rejectNoRoom(),
      )
      const text = JSON.stringify(page)
      historyPages.charge(user.id, clock.elapsed(), Math.floor(Buffer.byteLength(text) / HEAVY_PAGE))
      return new Response(text, { headers: JSON_ONLY })
    })
}
