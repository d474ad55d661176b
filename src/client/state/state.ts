/** Everything that is drawn, as one value. Only `reduce` changes it; rows are replaced, never mutated. */
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
import type { You } from '../../shared/protocol.ts'

/** The one socket of this page. `since` and `until` in ms since the epoch. */
export type ConnectionState =
  | { state: 'idle' }
  /** `since`: when it was lost, or the page last came into view. `announced`: the server said so beforehand, so the banner waits longer */
  | { state: 'connecting' | 'hello'; attempt: number; since: number; announced: boolean }
  /** `suspect`: silent for too long, and asked to prove that it is alive */
  | { state: 'live' | 'suspect' }
  | { state: 'waiting'; until: number; since: number; attempt: number; announced: boolean }
  /** closed for good by the server; `code` is the close code */
  | { state: 'stopped'; code: number }

/** Why a message or change was not sent: the server's error code, or it waited too long, or the connection was cut by it. */
export type FailureReason = ErrorCode | 'late' | 'refused'

/** How far a message or change of mine has got. `since`, `retryAt`: ms since the epoch. */
export type SendStatus =
  /** `retryAt`: left out where it goes as soon as it can */
  | { status: 'queued'; since: number; retryAt?: number }
  | { status: 'sent'; since: number }
  /** stays until the person retries or discards it */
  | { status: 'failed'; reason: FailureReason }
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
  /** the seq up to which this row is true: no event up to there changes it again */
  trueAt: number
  /** only in a row as drawn: changes of mine without a confirmation, applied to it already unless they failed */
  pendingChanges?: readonly PendingChange[]
}

/** A change of mine to a message until its event is here. A failed change stays here, and is not drawn. */
export interface PendingChange {
  key: string
  entry: OutboxEntry & { target: string }
  /** me, under the name I had then */
  user: User
  sendStatus: SendStatus
  /** null until acked */
  seq: number | null
}

/** A stretch of the log away from its live end, drawn in place of the room's rows after a jump. */
export interface HistoryWindow {
  /** the seq that was jumped to; it names the window */
  centerSeq: number
  rows: readonly Row[]
  older: HistoryEdge
  newer: HistoryEdge
  /** the seq up to which the first page was true when it came */
  trueAt: number
  /** the window that was drawn before the jump, if there was one */
  previous: HistoryWindow | null
}

/** What lies beyond the rows on one side: more to load, a request under way or failed, or nothing. */
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
  /** `behindSince`: since when (ms) `head` lies beyond the position; left out where it does not */
  | { state: 'live'; behindSince?: number }
  /** missing or not open to me: both look alike. `left`: I was in it, and may ask to join it again */
  | { state: 'closed'; left?: true }

/**
 * What this page has of a room. 'counts': its position and what is unread, and of messages only those that came since; 'rows':
 * the newest messages too; 'all': also the people by name.
 */
export type SyncDepth = 'counts' | 'rows' | 'all'

/** All of a room was marked read, and that can still be undone. */
export type MarkedRead =
  /** the room is still being joined: it is marked once it is here */
  | { state: 'pending' }
  /** `before`: what was unread until then */
  | { state: 'undoable'; before: You }

export interface RoomState {
  room: string
  sync: RoomSync
  depth: SyncDepth
  position: Position
  /** messages and lines by seq without a gap; mine that wait stand last */
  rows: readonly Row[]
  /** null: the live end is drawn */
  historyWindow: HistoryWindow | null
  /** messages that others reply to, fetched by id; a message that is gone has no text */
  quotes: readonly Row[]
  /** pinned messages by seq; null: not fetched, or no longer sure */
  pins: readonly Row[] | null
  /** mine to messages, in the order in which they leave */
  pendingChanges: readonly PendingChange[]
  /** changes applied after `recentChangesSince`, applied again to pages that come by HTTP and may be older */
  recentChanges: readonly Change[]
  recentChangesSince: number
  /** a message that is not loaded and may be unread was changed: the server has to count again */
  needsRecount: boolean
  /** the newest seq known of */
  head: number
  /** messages below this seq are deleted by retention */
  floor: number
  /** the position when the room was live for the first time: messages after it are new; null: not live yet */
  firstLiveSeq: number | null
  /** what lies above `rows` */
  older: HistoryEdge
  presenceVersion: number
  onlineCount: number
  /** who is online, by name, as far as the server lists them */
  people: readonly Person[]
  presenceLines: readonly PresenceLine[]
  /** who types, until when (ms) */
  typing: readonly { user: User; until: number }[]
  /** my membership with what is unread; null until the server has said */
  you: You | null
  markedRead: MarkedRead | null
  /** the seq behind which the line "New" stands, while the room is shown */
  unreadDivider: number | null
  /** said once above the rows after a `reset` */
  resetNotice: 'away' | 'changed' | null
  /** my position before a `reset "tooOld"`, until a page tells whether a message was missed; null: no such reset */
  seqBeforeReset: number | null
  /** times (ms) of the last gaps, three at most */
  gapTimes: readonly number[]
  /** ids of those online before my last loss of connection: their return draws no lines for a minute */
  onlineBeforeLoss: readonly string[]
  /** how many rows may be kept; grows with what a reader loads by scrolling */
  maxRows: number
}

export type Theme = 'system' | 'light' | 'dark'
/** How join and leave lines are drawn: each, a run as one line, or not at all. */
export type LinesShown = 'condensed' | 'shown' | 'hidden'
/** Which messages of a room count as unread and notify. */
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
  /** what a screen reader announces; 'all': joins and leaves too */
  spoken: 'messages' | 'all' | 'nothing'
  /** notifications outside of the page, and their sound */
  notify: 'off' | 'on'
  sound: 'off' | 'on'
  /** of rooms that differ from it; without a prototype, since `constructor` is a possible room */
  levels: Readonly<Record<string, NotificationLevel>>
}

export interface State {
  /** 'unknown' until the server was asked; null: nobody */
  self: Self | null | 'unknown'
  signedOutInOtherTab: boolean
  connection: ConnectionState
  /** without a prototype: `constructor` is a possible room */
  rooms: Readonly<Record<string, RoomState>>
  /** my rooms, and those of others that were listed or found */
  roomList: readonly RoomEntry[]
  /** until when (ms) no join or leave lines are drawn about people already online: after my own reconnect */
  presenceQuietUntil: number
  /** until when (ms) the composer says that sending was too fast */
  rateLimitedUntil: number
  /** since when (ms) the server says that it cannot store anything; 0: it can, as far as known */
  serverFullSince: number
  /** the network is known to be off */
  offline: boolean
  /** the browser refuses storage: drafts and unsent messages are kept in memory alone */
  storageBlocked: boolean
  settings: Settings
}

/** What I send: a message, or a change to the message whose id is `target`. */
export type OutgoingContent =
  | { kind: 'message'; text: string; replyTo?: string; target?: never }
  | { kind: 'edit'; target: string; text: string }
  | { kind: 'delete'; target: string; text?: never }
  | { kind: 'react'; target: string; emoji: string; on: boolean; text?: never }
  | { kind: 'pin'; target: string; on: boolean; text?: never }

/** What is kept of what I send until its ack. */
export type OutboxEntry = OutgoingContent & {
  nonce: string
  room: string
  user: string
  /** ms, when it was written */
  at: number
  /** which of this person's messages it is: they leave in this order */
  order: number
  /** failed for good: the reason */
  failed?: FailureReason
}

/** Rows kept of a room that is or was on screen, unless a reader loads more, and of one that is only followed. */
export const MAX_ROWS = 2_000
export const MAX_ROWS_FOLLOWED = 200

/** What holds until the person chooses otherwise. */
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

/** Me, or null: nobody is signed in, or the server has not said who. */
export function selfOf({ self }: Pick<State, 'self'>): Self | null {
  return self === 'unknown' ? null : self
}

/** My id, or null where `selfOf` is null. */
export function idOf(state: Pick<State, 'self'>): string | null {
  return selfOf(state)?.id ?? null
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
    firstLiveSeq: null,
    older: 'none',
    presenceVersion: 0,
    onlineCount: 0,
    people: [],
    presenceLines: [],
    typing: [],
    you: null,
    markedRead: null,
    unreadDivider: null,
    resetNotice: null,
    seqBeforeReset: null,
    gapTimes: [],
    onlineBeforeLoss: [],
    maxRows: MAX_ROWS,
  }
}
