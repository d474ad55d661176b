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
export type ConnectionState =
  | { state: 'idle' }
  /** `since`: when it was lost, or the page last came into view. `calm`: announced, so nobody need be told at once */
  | { state: 'connecting' | 'hello'; attempt: number; since: number; calm: boolean }
  | { state: 'live' | 'suspect' }
  | { state: 'waiting'; until: number; since: number; attempt: number; calm: boolean }
  | { state: 'stopped'; code: number }

/** Where a message of mine stands. `at` of `failed`: none is needed, it stays until something is done about it. */
export type SendStatus =
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
  sendStatus: SendStatus
  /** the seq up to which all this is true: no event up to there changes it again */
  trueAt: number
  /** of a row as drawn: changes of mine that no server has confirmed, shown in it already unless they failed */
  pendingChanges?: readonly PendingChange[]
}

/** A change of mine to a message until its event is here. Refused it is `failed`, and not drawn any more. */
export interface PendingChange {
  key: string
  entry: OutboxEntry & { target: string }
  sendStatus: SendStatus
  /** once acked */
  seq: number | null
  /** The row as if it had happened already. */
  draw(row: Row): Row
}

/** A stretch of the log somebody went to, away from its live end: what is drawn in place of the rows. */
export interface HistoryWindow {
  /** the seq that was gone to */
  centerSeq: number
  rows: readonly Row[]
  older: HistoryEdge
  newer: HistoryEdge
  /** the seq its rows were true at when they came */
  trueAt: number
  /** where they were before, if that was in the past too */
  previous: HistoryWindow | null
}

/** What lies beyond the rows on one side. */
export type HistoryEdge = 'more' | 'loading' | 'failed' | 'none'

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
export type SyncDepth = 'counts' | 'rows' | 'all'

export interface RoomState {
  room: string
  sync: RoomSync
  depth: SyncDepth
  position: Position
  /** messages and lines by seq, none left out between them; mine that wait stand last */
  rows: readonly Row[]
  /** null: the live end is drawn */
  historyWindow: HistoryWindow | null
  /** messages that others answer and that were asked for; one that is not there has no text */
  quotes: readonly Row[]
  /** what is pinned, by seq; null: not asked for, or no longer sure */
  pins: readonly Row[] | null
  /** mine to messages, in the order in which they leave */
  pendingChanges: readonly PendingChange[]
  /** the changes of others and mine after `since` that were applied: what comes by HTTP may be older */
  recentChanges: readonly Change[]
  recentChangesSince: number
  /** a message was changed that may be among those unread, and is not here: the server is asked what is */
  needsRecount: boolean
  head: number
  floor: number
  older: HistoryEdge
  presenceVersion: number
  onlineCount: number
  people: readonly Person[]
  presenceLines: readonly PresenceLine[]
  /** who types, until when (ms) */
  typing: readonly { user: User; until: number }[]
  you: You | null
  /** what was unread before all was marked read, while that can be taken back; null: to be marked once the room is here */
  marked?: You | null
  /** the seq behind which the line "New" stands, while the room is shown */
  unreadDivider: number | null
  /** said once above the rows after a `reset` */
  resetNotice: 'away' | 'changed' | null
  /** the seq held before a `reset "tooOld"`, until a page tells whether a message came after it; null: no such reset */
  seqBeforeReset: number | null
  /** times (ms) of the last gaps, three at most */
  gapTimes: readonly number[]
  /** since when (ms) `head` is known to lie beyond the position of a live room, or null */
  behindSince: number | null
  /** ids of those listed before my last loss of connection: they make no lines while it is quiet */
  onlineBeforeLoss: readonly string[]
  /** how many rows may be kept; grows with what a reader loads by scrolling */
  maxRows: number
}

export type Theme = 'system' | 'light' | 'dark'
/** How join and leave lines are drawn: each, a run as one line, or not at all. */
export type LinesShown = 'condensed' | 'shown' | 'hidden'
/** What of a room counts and is told. */
export type NotificationLevel = 'all' | 'mentions' | 'nothing'

/** How one person wants it on this device. */
export interface Settings {
  theme: Theme
  lines: LinesShown
  /** 'device': Enter sends where the primary pointer is fine */
  enter: 'device' | 'sends' | 'breaks'
  /** as `Intl` calls the cycles of hours */
  clock: 'system' | 'h12' | 'h23'
  level: NotificationLevel
  /** what a screen reader is told of what happens; 'all': who comes and goes too */
  spoken: 'messages' | 'all' | 'nothing'
  /** what is told outside of the page, by notifications and by a sound */
  notify: 'off' | 'on'
  sound: 'off' | 'on'
  /** of rooms that differ from it; without a prototype, since `constructor` is a possible room */
  levels: Readonly<Record<string, NotificationLevel>>
}

export interface State {
  /** 'unknown' until the server was asked; null: nobody */
  self: Self | null | 'unknown'
  /** another tab of mine has signed out */
  signedOutInOtherTab: boolean
  connection: ConnectionState
  /** without a prototype: `constructor` is a possible room */
  rooms: Readonly<Record<string, RoomState>>
  roomList: readonly RoomEntry[]
  /** until when (ms) no join or leave lines are drawn about people already listed: after my own reconnect */
  presenceQuietUntil: number
  /** until when (ms) the composer says that sending was too fast */
  rateLimitedUntil: number
  /** since when (ms) the server says that it can store nothing; 0: it can, as far as anybody knows */
  serverFullSince: number
  /** the network is known to be off */
  offline: boolean
  /** drafts and unsent messages are kept in memory alone: the browser refuses storage */
  storageBlocked: boolean
  settings: Settings
}

/** What I say: a message, or a change to the one whose id is `target`. */
export type OutgoingContent =
  | { kind: 'message'; text: string; replyTo?: string; target?: never }
  | { kind: 'edit'; target: string; text: string }
  | { kind: 'delete'; target: string; text?: never }
  | { kind: 'react'; target: string; emoji: string; on: boolean; text?: never }
  | { kind: 'pin'; target: string; on: boolean; text?: never }

/** What is kept of what I say until its ack. */
export type OutboxEntry = OutgoingContent & {
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
  | { type: 'selfChanged'; self: Self | null }
  | { type: 'connectionChanged'; connection: ConnectionState; now: number }
  | { type: 'networkChanged'; offline: boolean }
  | { type: 'storageBlocked' }
  /** frames of one draw, in their order */
  | { type: 'framesReceived'; frames: readonly ServerFrame[]; now: number }
  /** this page wants to be in the room, is being asked into it, or wants it no longer. `shown`: it comes on screen */
  | { type: 'roomOpened'; room: string; shown?: boolean }
  | { type: 'syncRequested'; room: string; now: number }
  /** `left`: it is mine no more */
  | { type: 'roomForgotten'; room: string; left?: boolean }
  | { type: 'entryQueued'; entry: OutboxEntry & { kind: 'message' }; user: User }
  | { type: 'sendStatusChanged'; room: string; key: string; sendStatus: SendStatus }
  | { type: 'entryDropped'; room: string; key: string }
  /** what is not needed at first draw is a pure function of a chunk of its own: `far.ts` (W1) */
  | { type: 'changed'; room: string; by: (room: RoomState, me: string | null) => RoomState }
  /** I have seen all up to this seq */
  | { type: 'readUpTo'; room: string; seq: number }
  | { type: 'roomListChanged'; roomList: readonly RoomEntry[] }
  | { type: 'settingsChanged'; settings: Settings }
  /** `elsewhere`: by another tab of mine */
  | { type: 'signedOut'; inOtherTab?: boolean }
  /** once a second, while anything depends on it */
  | { type: 'tick'; now: number }

/** Rows kept of a room that is or was on screen, unless a reader loads more, and of one that is only followed. */
export const MAX_ROWS = 2_000
export const MAX_ROWS_FOLLOWED = 200

/** How it is for whoever has chosen nothing. */
export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  lines: 'condensed',
  enter: 'device',
  clock: 'system',
  level: 'all',
  spoken: 'messages',
  notify: 'off',
  sound: 'off',
  levels: Object.create(null) as Record<string, NotificationLevel>,
}

export const INITIAL_STATE: State = {
  self: 'unknown',
  signedOutInOtherTab: false,
  connection: { state: 'idle' },
  rooms: Object.create(null) as Record<string, RoomState>,
  roomList: [],
  presenceQuietUntil: 0,
  rateLimitedUntil: 0,
  serverFullSince: 0,
  offline: false,
  storageBlocked: false,
  settings: DEFAULT_SETTINGS,
}

/** Who I am, or null: nobody, or not known yet. */
export function idOf({ self }: Pick<State, 'self'>): string | null {
  return self === null || self === 'unknown' ? null : self.id
}

/** A room this page has heard nothing of yet. */
export function newRoom(room: string): RoomState {
  return {
    room,
    sync: { state: 'unsynced' },
    depth: 'counts',
    position: { seq: 0, id: null },
    rows: [],
    historyWindow: null,
    quotes: [],
    pins: null,
    pendingChanges: [],
    recentChanges: [],
    recentChangesSince: 0,
    needsRecount: false,
    head: 0,
    floor: 1,
    older: 'none',
    presenceVersion: 0,
    onlineCount: 0,
    people: [],
    presenceLines: [],
    typing: [],
    you: null,
    unreadDivider: null,
    resetNotice: null,
    seqBeforeReset: null,
    gapTimes: [],
    behindSince: null,
    onlineBeforeLoss: [],
    maxRows: MAX_ROWS,
  }
}
