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

export interface RouteUse extends Often {
  /** `METHOD path` as registered, or a path that is answered before any route; in parentheses what tells two uses apart */
  title: string
  /** the n-th request; null: a socket that opens, says `hello` and closes */
  ask: ((n: number, eve: SeededGuest) => { path: string; body?: object }) | null
}

export interface FrameUse extends Often {
  /** the frame's type; in parentheses what tells two uses apart */
  title: string
  /** rooms that the connections join before */
  rooms: readonly string[]
  /** connections that take turns to send */
  sockets: number
  frame(n: number, eve: SeededGuest): object
}

/** The route or the type of a use. */
export const subjectOf = ({ title }: { title: string }) => title.replace(/ \(.*\)$/, '')

/** As often as a browser could ask a route that has no limit. */
const FREELY = { burst: 20, perSecond: 200 }
const PAGES = { burst: 30, perSecond: 2 }
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

const route = (title: string, often: Often, ask: RouteUse['ask']): RouteUse => ({ title, ...often, ask })
const page = (how: string, query: string, room: string = ROOMS.heavy) =>
  route(`GET /api/rooms/:room/messages (${how})`, PAGES, () => ({
    path: `/api/rooms/${room}/messages?${query}`,
  }))
const session = (body: object) => ({ path: '/api/session', body })
const TOPIC = LONG.slice(0, 240)

export const ROUTE_USES: readonly RouteUse[] = [
  route('WS /ws', HANDSHAKES, null),
  ...['/healthz', '/readyz', '/metrics', '/api/session', '/api/rooms'].map((path) =>
    route(`GET ${path}`, FREELY, () => ({ path })),
  ),
  route('GET /* (a page)', FREELY, (n) => ({ path: `/chat/room-${n}/${n}` })),
  route('GET /* (an unknown path)', FREELY, (n) => ({ path: `/nothing/${n}` })),
  route('GET /api/session/export', { burst: 3, perSecond: 1 / 60 }, () => ({ path: '/api/session/export' })),
  page('the newest', 'limit=100'),
  page('before', 'limit=100&before=51'),
  page('after', 'limit=100&after=0'),
  page('around', 'limit=100&around=25'),
  page('pinned', 'limit=100&pinned=true'),
  page('by ids', `ids=${Array.from({ length: 50 }, (_, at) => `${at}-a`).join()}`),
  page('behind deleted messages', 'limit=100', ROOMS.deleted),
  page('behind reactions', 'limit=100', ROOMS.reacted),
  route('POST /api/session (a taken name)', FREELY, () => session({ name: 'Ada' })),
  route('PATCH /api/session', FREELY, (n) => session({ name: `Eve ${n}` })),
  route('DELETE /api/session (a made-up session)', FREELY, () => session({})),
  route('POST /api/rooms (a taken name)', { burst: 20, perSecond: 0 }, () => ({
    path: '/api/rooms',
    body: { name: 'lobby', topic: TOPIC },
  })),
  route('GET /api/rooms/:room', FREELY, () => ({ path: `/api/rooms/${ROOMS.heavy}` })),
  route('PATCH /api/rooms/:room', FREELY, (n) => ({
    path: `/api/rooms/${ROOMS.own}`,
    body: { topic: `${n} ${TOPIC}` },
  })),
]

const nonceOf = (n: number, eve: SeededGuest) => `dear-${n}-${eve.id}`
const message = (content: string) => (n: number, eve: SeededGuest) => ({
  type: 'send',
  nonce: nonceOf(n, eve),
  room: 'lobby',
  text: content,
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

/** Stored frames, at the rate of one person over all connections. */
const stored = (title: string, room: string, frame: FrameUse['frame'], sockets = 1): FrameUse => {
  const often = { burst: 15 / sockets, perSecond: 5 / sockets }
  return { title, rooms: [room], sockets, ...often, frame }
}
/** Frames that every connection of one person sends. */
const fromAll = (
  title: string,
  rooms: readonly string[],
  frame: FrameUse['frame'],
  often = FRAMES,
): FrameUse => ({
  title,
  rooms,
  sockets: ALL,
  ...often,
  frame,
})
const text = () => ({ text: LONG })
const reaction = (n: number) => ({ emoji: '👨‍👩‍👧‍👦', ...toggled(n) })
const state = (n: number) => ({ type: 'state', state: isEvenRound(n) ? 'idle' : 'active' })
const typing = (n: number) => ({ type: 'typing', room: 'lobby', on: isEvenRound(n) })

export const FRAME_USES: readonly FrameUse[] = [
  // A connection says hello once: each one opens, names a hundred rooms and closes.
  { title: 'hello', rooms: [], sockets: 0, ...HANDSHAKES, frame: () => HELLO },
  { title: 'join (of one connection)', rooms: [], sockets: 1, ...JOINS, frame: join },
  fromAll('join (of all connections)', [], join, JOINS),
  fromAll('leave', [ROOMS.plain], leave),
  stored('send (long)', 'lobby', message(LONG), 3),
  stored('send (400 mentions)', 'lobby', message(MENTIONS), 3),
  stored('edit', ROOMS.own, change('edit', text), 3),
  stored(
    'delete',
    ROOMS.own,
    change('delete', () => ({})),
  ),
  stored('react', ROOMS.own, change('react', reaction)),
  stored('pin', ROOMS.own, change('pin', toggled)),
  fromAll('read', ROOMS.unread, read),
  fromAll('typing', ['lobby'], typing),
  fromAll('state', ['lobby'], state),
  fromAll('beat', everyRoom, () => ({ type: 'beat' })),
]
