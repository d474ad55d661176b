/** Everything that is drawn, as one value. Changed by `reduce` alone; rows are replaced, never mutated. */
import type { ErrorCode } from '../../shared/errors.ts'
import type {
  Change,
  Person,
  Position,
  Reaction,
  RoomEntry,
  RoomEvent,
  Self,
  User,
} from '../../shared/model.ts'
import type { ServerFrame, You } from '../../shared/protocol.ts'

/** The one socket of this page. `since` and `until` in ms since the epoch. */
export type Link =
  | { state: 'idle' }
  /** `since`: when it was lost, or the page last came into view. `calm`: announced, so nobody need be told at once */
  | { state: 'connecting' | 'hello'; attempt: number; since: number; calm: boolean }
  | { state: 'live' | 'suspect' }
  | { state: 'waiting'; until: number; since: number; attempt: number; calm: boolean }
  | { state: 'stopped'; code: number }

/** Where a message of mine stands. `at` of `failed`: none is needed, it stays until something is done about it. */
export type Standing =
  | { status: 'queued' | 'sent'; since: number; retryAt?: number }
  | { status: 'failed'; reason: ErrorCode | 'late' | 'refused' }
  | { status: 'acked' }

/** One message, or a line of the log, as the server says it is. Keyed by user and nonce, before and after the ack: others see my nonces and may copy them. */
export interface Row {
  key: string
  kind: 'message' | 'topic' | 'notice'
  /** null until the server has given it its place */
  seq: number | null
  id: string | null
  user: User
  nonce: string
  /** ms; my own clock until acked */
  at: number
  /** null: its content is gone */
  text: string | null
  replyTo?: string
  /** ms of its last edit */
  edited: number | null
  pinned: boolean
  reactions: readonly Reaction[]
  own: boolean
  standing: Standing
  /** the seq up to which all this is true: no event up to there changes it again */
  asOf: number
  /** of a row as drawn: changes of mine that no server has confirmed, shown in it already unless they failed */
  changes?: readonly MyChange[]
}

/** A change of mine to a message until its event is here. Refused it is `failed`, and not drawn any more. */
export interface MyChange {
  key: string
  entry: OutboxEntry & { target: string }
  standing: Standing
  /** once acked */
  seq: number | null
  /** The row as if it had happened already. */
  draw(row: Row): Row
}

/** A stretch of the log somebody went to, away from its live end: what is drawn in place of the rows. */
export interface Past {
  /** the seq that was gone to */
  at: number
  rows: readonly Row[]
  older: Edge
  newer: Edge
  /** the seq its rows were true at when they came */
  head: number
  /** where they were before, if that was in the past too */
  before: Past | null
}

/** What lies beyond the rows on one side. */
export type Edge = 'more' | 'loading' | 'failed' | 'none'

/** Somebody came or went. `after`: the seq it stands behind; `at` in ms. Not history: gone after a reload. */
export interface PresenceLine {
  id: string
  kind: 'joined' | 'left' | 'renamed'
  user: User
  /** renamed: from this name */
  before?: string
  at: number
  after: number
}

export type RoomSync =
  | { state: 'unsynced' }
  | { state: 'syncing' | 'gap'; since: number; held: readonly RoomEvent[] }
  | { state: 'live' }
  /** missing or not open to me: both look alike. `left`: I was in it, and may ask to join it again */
  | { state: 'closed'; left?: true }

/**
 * What this page has of a room. 'counts': its position and what is unread, and of messages only those that came since; 'rows':
 * the newest messages too; 'all': also the people by name.
 */
export type Depth = 'counts' | 'rows' | 'all'

export interface RoomState {
  room: string
  sync: RoomSync
  depth: Depth
  position: Position
  /** messages and lines by seq, none left out between them; mine that wait stand last */
  rows: readonly Row[]
  /** null: the live end is drawn */
  past: Past | null
  /** messages that others answer and that were asked for; one that is not there has no text */
  quotes: readonly Row[]
  /** what is pinned, by seq; null: not asked for, or no longer sure */
  pins: readonly Row[] | null
  /** mine to messages, in the order in which they leave */
  changes: readonly MyChange[]
  /** the changes of others and mine after `since` that were applied: what comes by HTTP may be older */
  recent: readonly Change[]
  since: number
  /** a message was changed that may be among those unread, and is not here: the server is asked what is */
  doubtful: boolean
  head: number
  floor: number
  older: Edge
  version: number
  count: number
  people: readonly Person[]
  lines: readonly PresenceLine[]
  /** who types, until when (ms) */
  typing: readonly { user: User; until: number }[]
  you: You | null
  /** what was unread before all was marked read, while that can be taken back; null: to be marked once the room is here */
  marked?: You | null
  /** the seq behind which the line "New" stands, while the room is shown */
  divider: number | null
  /** said once above the rows after a `reset` */
  notice: 'away' | 'changed' | null
  /** the seq held before a `reset "tooOld"`, until a page tells whether a message came after it; null: no such reset */
  heldBefore: number | null
  /** times (ms) of the last gaps, three at most */
  gaps: readonly number[]
  /** since when (ms) `head` is known to lie beyond the position of a live room, or null */
  behind: number | null
  /** ids of those listed before my last loss of connection: they make no lines while it is quiet */
  listed: readonly string[]
  /** how many rows may be kept; grows with what a reader loads by scrolling */
  keep: number
}

export type Theme = 'system' | 'light' | 'dark'
/** How join and leave lines are drawn: each, a run as one line, or not at all. */
export type LinesShown = 'condensed' | 'shown' | 'hidden'
/** What of a room counts and is told. */
export type Level = 'all' | 'mentions' | 'nothing'

/** How one person wants it on this device. */
export interface Settings {
  theme: Theme
  lines: LinesShown
  /** 'device': Enter sends where the primary pointer is fine */
  enter: 'device' | 'sends' | 'breaks'
  /** as `Intl` calls the cycles of hours */
  clock: 'system' | 'h12' | 'h23'
  level: Level
  /** what a screen reader is told of what happens; 'all': who comes and goes too */
  spoken: 'messages' | 'all' | 'nothing'
  /** what is told outside of the page, by notifications and by a sound */
  notify: 'off' | 'on'
  sound: 'off' | 'on'
  /** of rooms that differ from it; without a prototype, since `constructor` is a possible room */
  levels: Readonly<Record<string, Level>>
}

export interface State {
  /** 'unknown' until the server was asked; null: nobody */
  self: Self | null | 'unknown'
  /** another tab of mine has signed out */
  elsewhere: boolean
  link: Link
  /** without a prototype: `constructor` is a possible room */
  rooms: Readonly<Record<string, RoomState>>
  list: readonly RoomEntry[]
  /** until when (ms) no join or leave lines are drawn about people already listed: after my own reconnect */
  quietUntil: number
  /** until when (ms) the composer says that sending was too fast */
  slowUntil: number
  /** since when (ms) the server says that it can store nothing; 0: it can, as far as anybody knows */
  full: number
  /** the network is known to be off */
  offline: boolean
  /** drafts and unsent messages are kept in memory alone: the browser refuses storage */
  forgetful: boolean
  settings: Settings
}

/** What I say: a message, or a change to the one whose id is `target`. */
export type Said =
  | { kind: 'message'; text: string; replyTo?: string; target?: never }
  | { kind: 'edit'; target: string; text: string }
  | { kind: 'delete'; target: string; text?: never }
  | { kind: 'react'; target: string; emoji: string; on: boolean; text?: never }
  | { kind: 'pin'; target: string; on: boolean; text?: never }

/** What is kept of what I say until its ack. */
export type OutboxEntry = Said & {
  nonce: string
  room: string
  user: string
  /** ms, when it was written */
  at: number
  /** which of this person's messages it is: they leave in this order */
  order: number
  /** failed for good: the reason */
  failed?: ErrorCode | 'late' | 'refused'
}

/** All that can happen. `now` in ms since the epoch. */
export type Action =
  | { type: 'self'; self: Self | null }
  | { type: 'link'; link: Link; now: number }
  | { type: 'offline'; offline: boolean }
  | { type: 'forgetful' }
  /** frames of one draw, in their order */
  | { type: 'heard'; frames: readonly ServerFrame[]; now: number }
  /** this page wants to be in the room, is being asked into it, or wants it no longer. `shown`: it comes on screen */
  | { type: 'opened'; room: string; shown?: boolean }
  | { type: 'asked'; room: string; now: number }
  /** `left`: it is mine no more */
  | { type: 'forgotten'; room: string; left?: boolean }
  | { type: 'queued'; entry: OutboxEntry & { kind: 'message' }; user: User }
  | { type: 'standing'; room: string; key: string; standing: Standing }
  | { type: 'dropped'; room: string; key: string }
  /** what is not needed at first draw is a pure function of a chunk of its own: `far.ts` (W1) */
  | { type: 'changed'; room: string; by: (room: RoomState, me: string | null) => RoomState }
  /** I have seen all up to this seq */
  | { type: 'read'; room: string; seq: number }
  | { type: 'rooms'; list: readonly RoomEntry[] }
  | { type: 'settings'; settings: Settings }
  /** `elsewhere`: by another tab of mine */
  | { type: 'signedOut'; elsewhere?: boolean }
  /** once a second, while anything depends on it */
  | { type: 'tick'; now: number }

/** Rows kept of a room that is or was on screen, unless a reader loads more, and of one that is only followed. */
export const KEPT_ROWS = 2_000
export const KEPT_FOLLOWED = 200

/** How it is for whoever has chosen nothing. */
export const USUAL: Settings = {
  theme: 'system',
  lines: 'condensed',
  enter: 'device',
  clock: 'system',
  level: 'all',
  spoken: 'messages',
  notify: 'off',
  sound: 'off',
  levels: Object.create(null) as Record<string, Level>,
}

export const NOBODY: State = {
  self: 'unknown',
  elsewhere: false,
  link: { state: 'idle' },
  rooms: Object.create(null) as Record<string, RoomState>,
  list: [],
  quietUntil: 0,
  slowUntil: 0,
  full: 0,
  offline: false,
  forgetful: false,
  settings: USUAL,
}

/** Who I am, or null: nobody, or not known yet. */
export function idOf({ self }: Pick<State, 'self'>): string | null {
  return self === null || self === 'unknown' ? null : self.id
}

/** A room this page has heard nothing of yet. */
export function unheard(room: string): RoomState {
  return {
    room,
    sync: { state: 'unsynced' },
    depth: 'counts',
    position: { seq: 0, id: null },
    rows: [],
    past: null,
    quotes: [],
    pins: null,
    changes: [],
    recent: [],
    since: 0,
    doubtful: false,
    head: 0,
    floor: 1,
    older: 'none',
    version: 0,
    count: 0,
    people: [],
    lines: [],
    typing: [],
    you: null,
    divider: null,
    notice: null,
    heldBefore: null,
    gaps: [],
    behind: null,
    listed: [],
    keep: KEPT_ROWS,
  }
}
