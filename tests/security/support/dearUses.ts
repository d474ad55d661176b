/**
 * Every route and every frame in its most expensive legal use by one guest, as often as the rules allow. One test holds that
 * this list is complete, the others that nobody else notices any of the uses.
 */
import { ROOMS, type SeededGuest } from '../../support/server/aHeavyPlace.ts'

interface Often {
  /** at once */
  burst: number
  perSecond: number
}

interface Use extends Often {
  /** tells uses of one route or frame apart */
  how?: string
}

export interface RouteUse extends Use {
  /** `METHOD path` as registered, or a path that is answered before any route */
  route: string
  /** the n-th request; null: a socket that opens, says `hello` and closes */
  ask: ((n: number, eve: SeededGuest) => { path: string; body?: object }) | null
}

export interface FrameUse extends Use {
  type: string
  /** rooms that the connections join before */
  rooms: readonly string[]
  /** connections that take turns to send */
  sockets: number
  frame(n: number, eve: SeededGuest): object
}

/** As often as a browser could ask a route that has no limit. */
const FREELY = { burst: 20, perSecond: 200 }
const PAGES = { burst: 30, perSecond: 2 }
/** The rate of stored frames, of one person over all connections. */
const STORED = { burst: 15, perSecond: 5 }
/** A third of that rate: the person sends by three connections in turn. */
const STORED_BY_THREE = { burst: 5, perSecond: 5 / 3 }
/** The rate of other frames, of each connection. */
const FRAMES = { burst: 60, perSecond: 20 }
const JOINS = { burst: 60, perSecond: 10 }
const HANDSHAKES = { burst: 20, perSecond: 10 }
/** connections that one person may have */
const ALL = 20

const everyRoom = [...Object.values(ROOMS).flat(), 'lobby']
const position = (room: string) => ({ room, seq: 0, id: null })
/** As many rooms as one `hello` may name; those that do not exist are misses. */
const HELLO = {
  type: 'hello',
  rooms: Array.from({ length: 100 }, (_, at) => position(everyRoom[at] ?? `nowhere-${at}`)),
  state: 'active',
}
/** As many bytes as a message may have, and as many people as it can mention. */
const LONG = '中'.repeat(4_000)
const MENTIONS = '@Person 1 '.repeat(400)

function route(
  name: string,
  often: Often,
  ask: (n: number) => { path: string; body?: object },
  how?: string,
): RouteUse {
  return { route: name, ...often, ask, ...(how !== undefined && { how }) }
}

const page = (how: string, query: string, room: string = ROOMS.heavy) =>
  route('GET /api/rooms/:room/messages', PAGES, () => ({ path: `/api/rooms/${room}/messages?${query}` }), how)

const session = (body: object) => ({ path: '/api/session', body })

export const ROUTE_USES: readonly RouteUse[] = [
  { route: 'WS /ws', ...HANDSHAKES, ask: null },
  ...['/healthz', '/readyz', '/metrics', '/api/session', '/api/rooms'].map((path) =>
    route(`GET ${path}`, FREELY, () => ({ path })),
  ),
  route('GET /*', FREELY, (n) => ({ path: `/chat/room-${n}/${n}` }), 'a page'),
  route('GET /*', FREELY, (n) => ({ path: `/nothing/${n}` }), 'an unknown path'),
  route('GET /api/session/export', { burst: 3, perSecond: 1 / 60 }, () => ({ path: '/api/session/export' })),
  page('the newest', 'limit=100'),
  page('before', 'limit=100&before=51'),
  page('after', 'limit=100&after=0'),
  page('around', 'limit=100&around=25'),
  page('pinned', 'limit=100&pinned=true'),
  page('by ids', `ids=${Array.from({ length: 50 }, (_, at) => `${at}-a`).join()}`),
  page('behind deleted messages', 'limit=100', ROOMS.deleted),
  page('behind reactions', 'limit=100', ROOMS.reacted),
  route('POST /api/session', FREELY, () => session({ name: 'Ada' }), 'a taken name'),
  route('PATCH /api/session', FREELY, (n) => session({ name: `Eve ${n}` })),
  route('DELETE /api/session', FREELY, () => session({}), 'a made-up session'),
  route(
    'POST /api/rooms',
    { burst: 20, perSecond: 0 },
    () => ({ path: '/api/rooms', body: { name: 'lobby', topic: LONG.slice(0, 250) } }),
    'a taken name',
  ),
  route('PATCH /api/rooms/:room', FREELY, (n) => ({
    path: `/api/rooms/${ROOMS.own}`,
    body: { topic: `${n} ${LONG.slice(0, 240)}` },
  })),
]

const nonceOf = (n: number, eve: SeededGuest) => `dear-${n}-${eve.id}`
const message = (text: string) => (n: number, eve: SeededGuest) => ({
  type: 'send',
  nonce: nonceOf(n, eve),
  room: 'lobby',
  text,
})
/** A change of one of Eve's own messages. */
const change = (type: string, fields: (n: number) => object) => (n: number, eve: SeededGuest) => ({
  type,
  nonce: nonceOf(n, eve),
  room: ROOMS.own,
  target: eve.messages[n % eve.messages.length] ?? '',
  ...fields(n),
})
const join = (n: number) => ({
  type: 'join',
  ref: `r${n}`,
  ...position(everyRoom[n % everyRoom.length] ?? ''),
})
const leave = (n: number) => ({ type: isEvenRound(n) ? 'leave' : 'join', ref: `r${n}`, room: ROOMS.plain })
const read = (n: number) => ({
  type: 'read',
  room: ROOMS.unread[n % ROOMS.unread.length] ?? '',
  seq: 1 + Math.floor(n / ROOMS.unread.length),
})
/** Alternates from one round of all connections to the next. */
const isEvenRound = (n: number) => Math.floor(n / ALL) % 2 === 0
const toggled = (n: number) => ({ on: n % 2 === 0 })

const [none, lobby, own] = [[], ['lobby'], [ROOMS.own]]
export const FRAME_USES: readonly FrameUse[] = [
  // A connection says hello once: each one opens, names a hundred rooms and closes.
  { type: 'hello', rooms: none, sockets: 0, ...HANDSHAKES, frame: () => HELLO },
  { type: 'join', how: 'of one connection', rooms: none, sockets: 1, ...JOINS, frame: join },
  { type: 'join', how: 'of all connections', rooms: none, sockets: ALL, ...JOINS, frame: join },
  { type: 'leave', rooms: [ROOMS.plain], sockets: ALL, ...FRAMES, frame: leave },
  { type: 'send', how: 'long', rooms: lobby, sockets: 3, ...STORED_BY_THREE, frame: message(LONG) },
  {
    type: 'send',
    how: '400 mentions',
    rooms: lobby,
    sockets: 3,
    ...STORED_BY_THREE,
    frame: message(MENTIONS),
  },
  { type: 'edit', rooms: own, sockets: 3, ...STORED_BY_THREE, frame: change('edit', () => ({ text: LONG })) },
  { type: 'delete', rooms: own, sockets: 1, ...STORED, frame: change('delete', () => ({})) },
  {
    type: 'react',
    rooms: own,
    sockets: 1,
    ...STORED,
    frame: change('react', (n) => ({ emoji: '👨‍👩‍👧‍👦', ...toggled(n) })),
  },
  { type: 'pin', rooms: own, sockets: 1, ...STORED, frame: change('pin', toggled) },
  { type: 'read', rooms: ROOMS.unread, sockets: ALL, ...FRAMES, frame: read },
  {
    type: 'typing',
    rooms: lobby,
    sockets: ALL,
    ...FRAMES,
    frame: (n) => ({ type: 'typing', room: 'lobby', on: isEvenRound(n) }),
  },
  {
    type: 'state',
    rooms: lobby,
    sockets: ALL,
    ...FRAMES,
    frame: (n) => ({ type: 'state', state: isEvenRound(n) ? 'idle' : 'active' }),
  },
  { type: 'beat', rooms: everyRoom, sockets: ALL, ...FRAMES, frame: () => ({ type: 'beat' }) },
]
