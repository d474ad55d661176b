import { Type as t } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Elysia } from 'elysia'
import type { Hub } from '../hub/hub.ts'
import type { Clock, HistoryQuery } from '../hub/ports.ts'
import { Buckets, type Rate } from '../hub/rateLimit.ts'
import { ChatError } from '../shared/errors.ts'
import { LIMITS } from '../shared/limits.ts'
import { ROOM_SLUG } from '../shared/roomPath.ts'
import { byteLength } from '../shared/text.ts'
import { requireUser } from './authenticate.ts'
import { readBody, readByRoute } from './body.ts'
import type { RoomProbeLimiter } from './limits/roomProbeLimiter.ts'
import { scaledForAddress, spendTokens } from './limits/spendTokens.ts'
import { factsOf } from './requestFacts.ts'
import type { SocketlessSessions } from './socketlessSessions.ts'

const ID = /^[0-9a-f-]{1,64}$/
const MAX_IDS = 50
/** Pages of history of one person, and of one address (S16). */
const HISTORY_PAGES = { perSecond: 2, burst: 30 }
/** Each full 64 KiB of a page costs one page more. */
const HEAVY_PAGE = 64 * 1024
/** Cards of one address, and of one private address: no session limits them (S74). */
const CARDS = { perSecond: 2, burst: 60 }
const CARDS_PRIVATE = { perSecond: 20, burst: 500 }
const ROOM_LISTS = { perSecond: 1, burst: 20 }
const NEW_ROOMS = { perSecond: 20 / 3_600, burst: 20 }
/**
 * New rooms of everyone at private addresses together. There is no limit per address there, so without this one a person could
 * sign up any number of guests and create rooms with each; rooms are never removed (S53).
 */
const NEW_ROOMS_PRIVATE = { perSecond: 200 / 3_600, burst: 200 }
const JSON_ONLY = { 'content-type': 'application/json;charset=utf-8' }

const NewRoom = TypeCompiler.Compile(
  t.Object({ name: t.String(), topic: t.Optional(t.String()), kind: t.Optional(t.String()) }),
)
const NewTopic = TypeCompiler.Compile(t.Object({ topic: t.String() }))

/** A parameter's value, or null. @throws ChatError `badRequest` for one given twice */
function paramOf(params: URLSearchParams, name: string): string | null {
  const [value = null, ...more] = params.getAll(name)
  if (more.length > 0) throw new ChatError('badRequest')
  return value
}

/** A seq or a time (ms). @throws ChatError `badRequest` for anything but a plain decimal number that either can reach */
function numberOf(text: string): number {
  const number = Number(text)
  if (!/^(0|[1-9]\d{0,15})$/.test(text) || !Number.isSafeInteger(number)) throw new ChatError('badRequest')
  return number
}

/**
 * What a history request asks for (`docs/protocol.md` §5).
 * @throws ChatError `badRequest` for nonsense, a parameter given twice, or two places at once
 */
function historyQuery(params: URLSearchParams): HistoryQuery {
  const limit = numberOf(paramOf(params, 'limit') ?? String(LIMITS.history))
  if (limit < 1 || limit > LIMITS.historyMax) throw new ChatError('badRequest')

  const places: HistoryQuery[] = []
  for (const at of ['before', 'after', 'around'] as const) {
    const text = paramOf(params, at)
    if (text !== null) places.push({ limit, at, seq: numberOf(text) })
  }
  const time = paramOf(params, 'time')
  if (time !== null) places.push({ limit, at: 'time', time: numberOf(time) })
  const list = paramOf(params, 'ids')
  if (list !== null) {
    const ids = [...new Set(list.split(','))]
    if (ids.length > MAX_IDS || !ids.every((id) => ID.test(id))) throw new ChatError('badRequest')
    places.push({ limit, at: 'ids', ids })
  }
  const pinned = paramOf(params, 'pinned')
  if (pinned !== null && pinned !== 'true') throw new ChatError('badRequest')
  if (pinned !== null) places.push({ limit, at: 'pinned' })
  if (places.length > 1) throw new ChatError('badRequest')
  return places[0] ?? { limit, at: 'end' }
}

/**
 * Which rooms a list request asks for: `q` is part of a name, `after` the last room of the previous answer.
 * @throws ChatError `badRequest` for nonsense, or a parameter given twice
 */
function listQuery(params: URLSearchParams): { search: string; after: string } {
  const search = paramOf(params, 'q') ?? ''
  const after = paramOf(params, 'after') ?? ''
  const isSlug = after === '' || ROOM_SLUG.test(after)
  if (!isSlug || byteLength(search) > LIMITS.roomName.bytes) throw new ChatError('badRequest')
  return { search: search.trim(), after }
}

interface RoomRoutesDeps {
  hub: Hub
  clock: Clock
  roomProbes: RoomProbeLimiter
  maxConnectionsPerAddress: number
  socketless: SocketlessSessions
}

/** `/api/rooms`: list, create, a room's card, set the topic, history. */
export function roomRoutes(deps: RoomRoutesDeps) {
  const { hub, clock, roomProbes, maxConnectionsPerAddress, socketless } = deps
  const perAddress = (rate: Rate) => new Buckets(scaledForAddress(rate, maxConnectionsPerAddress))
  const historyPages = new Buckets(HISTORY_PAGES)
  // Opening a room loads quotes and pins by itself. They have a bucket of their own, so they use up none of an address's pages for scrolling.
  const scrollsByAddress = perAddress(HISTORY_PAGES)
  const quotesByAddress = perAddress(HISTORY_PAGES)
  const cardsByAddress = perAddress(CARDS)
  const cardsByPrivateAddress = new Buckets(CARDS_PRIVATE)
  const roomLists = new Buckets(ROOM_LISTS)
  const roomListsByAddress = perAddress(ROOM_LISTS)
  const newRooms = new Buckets(NEW_ROOMS)
  const newRoomsByAddress = perAddress(NEW_ROOMS)
  const newRoomsPrivate = perAddress(NEW_ROOMS_PRIVATE)

  /** A malformed slug gets the answer of a missing room, so nobody can tell them apart. */
  async function inRoom<T>(room: string, look: () => Promise<T>): Promise<T> {
    if (!ROOM_SLUG.test(room)) throw new ChatError('noRoom')
    return look()
  }

  return new Elysia({ name: 'rooms' })
    .onParse(readByRoute)
    .get('/api/rooms', async ({ request }) => {
      const { user, hash, cookie } = await requireUser(hub, request)
      if (cookie !== null) socketless.asked(hash, user.id)
      const query = listQuery(new URL(request.url).searchParams)
      if (request.method === 'HEAD') return new Response(null, { headers: JSON_ONLY })
      spendTokens(clock.elapsed(), [
        [roomLists, user.id],
        [roomListsByAddress, factsOf(request).limitKey],
      ])
      return Response.json(await hub.rooms.list(user, query))
    })
    .post('/api/rooms', async ({ request }) => {
      const { name, topic = '', kind = 'public' } = await readBody(request, NewRoom)
      const { user } = await requireUser(hub, request)
      if (kind !== 'public')
        throw new ChatError('roomInvalid', 'Only public rooms can be made.', { reason: 'kind' })
      const { limitKey } = factsOf(request)
      spendTokens(clock.elapsed(), [
        [newRooms, user.id],
        limitKey === null ? [newRoomsPrivate, 'all'] : [newRoomsByAddress, limitKey],
      ])
      return Response.json(await hub.rooms.create(user, { name, topic }), { status: 201 })
    })
    .get('/api/rooms/:room', async ({ request, params: { room } }) => {
      const { limitKey, address } = factsOf(request)
      spendTokens(clock.elapsed(), [
        limitKey === null ? [cardsByPrivateAddress, address] : [cardsByAddress, limitKey],
      ])
      const look = () => inRoom(room, () => hub.rooms.card(room))
      return Response.json(await roomProbes.guardAddress(limitKey, look))
    })
    .patch('/api/rooms/:room', async ({ request, params: { room } }) => {
      const { topic } = await readBody(request, NewTopic)
      const { user } = await requireUser(hub, request)
      const setTopic = () => inRoom(room, () => hub.rooms.setTopic(user, room, topic))
      return Response.json(await roomProbes.guard(user.id, factsOf(request).limitKey, setTopic))
    })
    .get('/api/rooms/:room/messages', async ({ request, params: { room } }) => {
      const query = historyQuery(new URL(request.url).searchParams)
      const { user } = await requireUser(hub, request)
      const { limitKey } = factsOf(request)
      const isScroll = query.at !== 'ids' && query.at !== 'pinned'
      spendTokens(clock.elapsed(), [
        [historyPages, user.id],
        [isScroll ? scrollsByAddress : quotesByAddress, limitKey],
      ])
      const read = () => inRoom(room, () => hub.rooms.history(room, query, user.id))
      const text = JSON.stringify(await roomProbes.guard(user.id, limitKey, read))
      historyPages.charge(user.id, clock.elapsed(), Math.floor(Buffer.byteLength(text) / HEAVY_PAGE))
      return new Response(text, { headers: JSON_ONLY })
    })
}
