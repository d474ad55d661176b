/** The frames of protocol version 2. The server checks every frame against `ClientFrame`; the browser imports only types. */
import { type Static, Type as t } from '@sinclair/typebox'
import { ROOM_SLUG } from './roomPath.ts'
import type {
  Activity,
  HistoryMessage,
  Person,
  Position,
  ReactionCount,
  Role,
  RoomEntry,
  RoomEvent,
  Self,
  User,
} from './model.ts'
import type { ErrorCode } from './errors.ts'
import { LIMITS, type WELCOME_LIMITS } from './limits.ts'

export const Nonce = t.String({ pattern: '^[A-Za-z0-9_-]{8,64}$' })
const Ref = t.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
export const Room = t.String({ pattern: ROOM_SLUG.source })
export const Id = t.String({ pattern: '^[0-9a-f-]{1,64}$' })
const Seq = t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const State = t.Union([t.Literal('active'), t.Literal('idle')])
const IdOrNothing = t.Union([Id, t.Null()])
/** messages that a first page may have; 0: the room is not on screen */
const Limit = t.Optional(t.Integer({ minimum: 0, maximum: LIMITS.firstMessages }))

/** What a client may send. After `decode` the server handles only these frames. */
export const ClientFrame = t.Union([
  t.Object({
    type: t.Literal('hello'),
    rooms: t.Array(t.Object({ room: Room, seq: Seq, id: IdOrNothing, limit: Limit })),
    state: State,
  }),
  t.Object({
    type: t.Literal('join'),
    ref: Ref,
    room: Room,
    seq: t.Optional(Seq),
    id: t.Optional(IdOrNothing),
    limit: Limit,
  }),
  t.Object({ type: t.Literal('leave'), ref: Ref, room: Room }),
  t.Object({
    type: t.Literal('send'),
    nonce: Nonce,
    room: Room,
    text: t.String(),
    replyTo: t.Optional(Id),
  }),
  t.Object({ type: t.Literal('edit'), nonce: Nonce, room: Room, target: Id, text: t.String() }),
  t.Object({ type: t.Literal('delete'), nonce: Nonce, room: Room, target: Id }),
  t.Object({
    type: t.Literal('react'),
    nonce: Nonce,
    room: Room,
    target: Id,
    emoji: t.String(),
    on: t.Boolean(),
  }),
  t.Object({ type: t.Literal('pin'), nonce: Nonce, room: Room, target: Id, on: t.Boolean() }),
  /** `back`: marks messages as unread again */
  t.Object({ type: t.Literal('read'), room: Room, seq: Seq, back: t.Optional(t.Literal(true)) }),
  t.Object({ type: t.Literal('typing'), room: Room, on: t.Boolean() }),
  t.Object({ type: t.Literal('state'), state: State }),
  t.Object({ type: t.Literal('beat') }),
])
export type ClientFrame = Static<typeof ClientFrame>

/** One kind of client frame: `ClientFrameOf<'send'>`. */
export type ClientFrameOf<T extends ClientFrame['type']> = Extract<ClientFrame, { type: T }>

/** A frame that becomes an event. */
export type Durable = ClientFrameOf<'send' | 'edit' | 'delete' | 'react' | 'pin'>

/**
 * The people in a room. `count`: how many. `full`: who, at most 100 in a large room and none while the room is not on screen.
 * `version`: that of the room's last `presence` frame.
 */
export interface Members {
  version: number
  count: number
  full: Person[]
}

/**
 * My membership of a room. `unread`: messages of others after `readSeq` that still have text; `mentions`: those of them that
 * mention me. Only the newest 1,000 are counted: 1,000 means "or more".
 */
export interface You {
  role: Role
  readSeq: number
  unread: number
  mentions: number
}

export type ResetReason = 'tooOld' | 'diverged' | 'ahead' | 'access'

export interface Welcome {
  type: 'welcome'
  version: number
  connection: string
  user: Self
  now: number
  beat: number
  limits: typeof WELCOME_LIMITS
  build: string
}

interface Page {
  type: 'sync'
  room: string
  ref?: string
  events: readonly RoomEvent[]
  head: number
  floor: number
}

/**
 * The page of a newcomer, and after a `reset`: the newest messages as they are at `at`, then all events after `at`. The
 * position afterwards is that of the last event, or else `at`. The room is live from here on.
 */
export interface FirstPage extends Page {
  /** `{ seq: 0, id: null }` in an empty room */
  at: Position
  messages: readonly HistoryMessage<ReactionCount>[]
  /** message id → emoji that I reacted with; absent if there are none */
  mine?: Readonly<Record<string, readonly string[]>>
  /** there are messages below these */
  older: boolean
  more: false
  members: Members
  you: You
}

/** Events after the client's position. The last page (`more: false`) has `members` and `you`, and the room is live. */
export interface MissedPage extends Page {
  at?: never
  messages?: never
  mine?: never
  older?: never
  more: boolean
  members?: Members
  you?: You
}

export interface Presence {
  type: 'presence'
  room: string
  version: number
  count: number
  full?: Person[]
  joined?: Person[]
  left?: string[]
  changed?: { id: string; name?: string; state?: Activity }[]
}

export type ServerFrame =
  | Welcome
  | FirstPage
  | MissedPage
  | { type: 'reset'; room: string; ref?: string; reason: ResetReason; head?: number; floor?: number }
  | ({ type: 'event'; room: string } & RoomEvent)
  | { type: 'ack'; nonce: string; room: string; seq: number; id: string; at: number; duplicate?: true }
  | { type: 'left'; ref?: string; room: string }
  | { type: 'room'; entry: RoomEntry }
  | {
      type: 'error'
      nonce?: string
      ref?: string
      code: ErrorCode
      message: string
      retry: boolean
      after?: number
    }
  | { type: 'beat'; heads: Record<string, number>; counts?: Record<string, number> }
  | Presence
  | { type: 'typing'; room: string; user: User; on: boolean }
  | { type: 'read'; room: string; seq: number; unread: number; mentions: number; back?: true }
  | { type: 'drain'; spread: number }

/** One kind of server frame: `ServerFrameOf<'sync'>`. */
export type ServerFrameOf<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>
