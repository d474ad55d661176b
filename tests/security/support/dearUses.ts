/**
 * Every route and every frame in its dearest legal use by one guest, as often as the rules allow. A test holds that none is
 * missing here, and that nobody else notices any of them.
 */
import { type Holder, ROOMS } from '../../support/server/aHeavyPlace.ts'

/** How often: at once, and then a second. */
interface Often {
  burst: number
  perSecond: number
}

interface Use extends Often {
  /** in words, where it is not the only one of its kind */
  how?: string
}

/** `method path` as it is registered, or one of those that are answered before any route. */
export interface Asking extends Use {
  route: string
  /** the n-th request, or null where that is no plain one: a socket that opens, says `hello` and goes */
  ask: ((n: number, eve: Holder) => { path: string; body?: object }) | null
}

export interface Saying extends Use {
  type: string
  /** before it begins: rooms its connections join */
  rooms: readonly string[]
  /** how many connections say it, each of them so often */
  sockets: number
  frame(n: number, eve: Holder): object
}

/** Where no rule says how often: as a browser might at most. */
const FREELY = { burst: 20, perSecond: 200 }
const PAGES = { burst: 30, perSecond: 2 }
/** What is to be stored, of one person over all connections; what is not, of each of their connections. */
const STORED = { burst: 15, perSecond: 5 }
const FRAMES = { burst: 60, perSecond: 20 }
const HANDSHAKES = { burst: 20, perSecond: 10 }
/** as many connections as one person may have */
const ALL = 20

const unread = (n: number) => ROOMS.unread[n % ROOMS.unread.length] ?? ''
const everyRoom = [...Object.values(ROOMS).flat(), 'lobby']
const position = (room: string) => ({ room, seq: 0, id: null })
/** As many as one `hello` may name; those that are not there are misses. */
const HELLO = {
  type: 'hello',
  rooms: Array.from({ length: 100 }, (_, at) => position(everyRoom[at] ?? `nowhere-${at}`)),
  state: 'active',
}
/** As many bytes as a message may have, or as many people as it can name. */
const LONG = '中'.repeat(4_000)
const CALLS = '@Person 1 '.repeat(400)
const nonce = (n: number, eve: Holder) => `dear-${n}-${eve.id}`

const page = (how: string, query: string, room: string = ROOMS.heavy): Asking => ({
  route: 'GET /api/rooms/:room/messages',
  how,
  ...PAGES,
  ask: () => ({ path: `/api/rooms/${room}/messages?${query}` }),
})

export const ASKED: readonly Asking[] = [
  { route: 'GET /healthz', ...FREELY, ask: () => ({ path: '/healthz' }) },
  { route: 'GET /readyz', ...FREELY, ask: () => ({ path: '/readyz' }) },
  { route: 'GET /metrics', ...FREELY, ask: () => ({ path: '/metrics' }) },
  { route: 'GET /*', how: 'a page', ...FREELY, ask: (n) => ({ path: `/chat/room-${n}/${n}` }) },
  { route: 'GET /*', how: 'nothing there', ...FREELY, ask: (n) => ({ path: `/nothing/${n}` }) },
  { route: 'WS /ws', ...HANDSHAKES, ask: null },
  { route: 'GET /api/session', ...FREELY, ask: () => ({ path: '/api/session' }) },
  {
    route: 'GET /api/session/export',
    burst: 3,
    perSecond: 1 / 60,
    ask: () => ({ path: '/api/session/export' }),
  },
  { route: 'GET /api/rooms', ...FREELY, ask: () => ({ path: '/api/rooms' }) },
  page('the newest', 'limit=100'),
  page('before', 'limit=100&before=51'),
  page('after', 'limit=100&after=0'),
  page('around', 'limit=100&around=25'),
  page('pinned', 'limit=100&pinned=true'),
  page('by their ids', `ids=${Array.from({ length: 50 }, (_, at) => `${at}-a`).join()}`),
  page('behind deleted ones', 'limit=100', ROOMS.deleted),
  page('behind reactions', 'limit=100', ROOMS.reacted),
  {
    route: 'POST /api/session',
    how: 'a taken name',
    ...FREELY,
    ask: () => ({ path: '/api/session', body: { name: 'Ada' } }),
  },
  {
    route: 'PATCH /api/session',
    ...FREELY,
    ask: (n) => ({ path: '/api/session', body: { name: `Eve ${n}` } }),
  },
  {
    route: 'DELETE /api/session',
    how: 'made-up sessions',
    ...FREELY,
    ask: () => ({ path: '/api/session', body: {} }),
  },
  {
    route: 'POST /api/rooms',
    how: 'a taken name',
    burst: 20,
    perSecond: 0,
    ask: () => ({ path: '/api/rooms', body: { name: 'lobby', topic: LONG.slice(0, 250) } }),
  },
  {
    route: 'PATCH /api/rooms/:room',
    ...FREELY,
    ask: (n) => ({ path: `/api/rooms/${ROOMS.own}`, body: { topic: `${n} ${LONG.slice(0, 240)}` } }),
  },
]

export const SAID: readonly Saying[] = [
  // Once a connection: each comes, names a hundred rooms and goes.
  { type: 'hello', rooms: [], sockets: 0, ...HANDSHAKES, frame: () => HELLO },
  {
    type: 'join',
    how: 'of one connection',
    rooms: [],
    sockets: 1,
    burst: 60,
    perSecond: 10,
    frame: (n) => join(n),
  },
  {
    type: 'join',
    how: 'of all connections',
    rooms: [],
    sockets: ALL,
    burst: 60,
    perSecond: 10,
    frame: (n) => join(n),
  },
  {
    type: 'leave',
    rooms: [ROOMS.plain],
    sockets: ALL,
    ...FRAMES,
    frame: (n) => ({
      type: Math.floor(n / ALL) % 2 === 0 ? 'leave' : 'join',
      ref: `r${n}`,
      room: ROOMS.plain,
    }),
  },
  {
    type: 'send',
    how: 'as long as may be',
    rooms: ['lobby'],
    sockets: 3,
    ...third(STORED),
    frame: (n, eve) => ({ type: 'send', nonce: nonce(n, eve), room: 'lobby', text: LONG }),
  },
  {
    type: 'send',
    how: 'names four hundred',
    rooms: ['lobby'],
    sockets: 3,
    ...third(STORED),
    frame: (n, eve) => ({ type: 'send', nonce: nonce(n, eve), room: 'lobby', text: CALLS }),
  },
  {
    type: 'edit',
    rooms: [ROOMS.own],
    sockets: 3,
    ...third(STORED),
    frame: (n, eve) => ({
      type: 'edit',
      nonce: nonce(n, eve),
      room: ROOMS.own,
      target: mine(n, eve),
      text: LONG,
    }),
  },
  {
    type: 'delete',
    rooms: [ROOMS.own],
    sockets: 1,
    ...STORED,
    frame: (n, eve) => ({ type: 'delete', nonce: nonce(n, eve), room: ROOMS.own, target: mine(n, eve) }),
  },
  {
    type: 'react',
    rooms: [ROOMS.own],
    sockets: 1,
    ...STORED,
    frame: (n, eve) => ({
      type: 'react',
      nonce: nonce(n, eve),
      room: ROOMS.own,
      target: mine(n, eve),
      emoji: '👨‍👩‍👧‍👦',
      on: n % 2 === 0,
    }),
  },
  {
    type: 'pin',
    rooms: [ROOMS.own],
    sockets: 1,
    ...STORED,
    frame: (n, eve) => ({
      type: 'pin',
      nonce: nonce(n, eve),
      room: ROOMS.own,
      target: mine(n, eve),
      on: n % 2 === 0,
    }),
  },
  {
    type: 'read',
    rooms: ROOMS.unread,
    sockets: ALL,
    ...FRAMES,
    frame: (n) => ({ type: 'read', room: unread(n), seq: 1 + Math.floor(n / 5) }),
  },
  {
    type: 'typing',
    rooms: ['lobby'],
    sockets: ALL,
    ...FRAMES,
    frame: (n) => ({ type: 'typing', room: 'lobby', on: Math.floor(n / ALL) % 2 === 0 }),
  },
  {
    type: 'state',
    rooms: ['lobby'],
    sockets: ALL,
    ...FRAMES,
    frame: (n) => ({ type: 'state', state: Math.floor(n / ALL) % 2 === 0 ? 'idle' : 'active' }),
  },
  { type: 'beat', rooms: everyRoom, sockets: ALL, ...FRAMES, frame: () => ({ type: 'beat' }) },
]

function join(n: number): object {
  return { type: 'join', ref: `r${n}`, ...position(everyRoom[n % everyRoom.length] ?? '') }
}

function mine(n: number, { said }: Holder): string {
  return said[n % said.length] ?? ''
}

function third({ burst, perSecond }: Often): Often {
  return { burst: burst / 3, perSecond: perSecond / 3 }
}
