/** Everything that is drawn, as one value. Only `reduce` changes it; rows are replaced, never mutated. */
import type { ErrorCode } from '../../shared/errors.ts'
import type {
  Change,
  Mention,
  Person,
  Position,
  Reaction,
  RoomCard,
  RoomEntry,
  RoomEvent,
  Self,
  User,
} from '../../shared/model.ts'
import type { You } from '../../shared/protocol.ts'

/** A connection that is not there yet, or not any more. `attempt`: how many failed before. */
interface ConnectionLoss {
  attempt: number
  /** when it was lost or first tried, or the page came into view, ms since the epoch */
  since: number
  /** by the server, so the banner waits longer */
  announced: boolean
  /** the server answers over HTTP, and no WebSocket opens */
  isBlocked?: true
}

/** The page's one connection. `since` and `until` in ms since the epoch. */
export type ConnectionState =
  | { state: 'idle' }
  | ({ state: 'connecting' | 'hello' } & ConnectionLoss)
  /** `suspect`: it was silent for too long and is asked for a sign of life */
  | { state: 'live' | 'suspect' }
  | ({ state: 'waiting'; until: number } & ConnectionLoss)
  /** closed for good by the server; `code` is the close code */
  | { state: 'stopped'; code: number }

/** Why an entry failed: the server's error code, it waited too long, or the connection was closed because of it. */
export type FailureReason = ErrorCode | 'late' | 'refused'

/** How far an entry of mine has got. */
export type SendStatus =
  | { status: 'queued' | 'sent' }
  /** until the person retries or discards it */
  | { status: 'failed'; reason: FailureReason }
  | { status: 'acked' }

/** A message or a log line, as the server says it is. My unconfirmed changes lie beside it (`pendingChanges`). */
export interface Row {
  /** `keyOf(user, nonce)`, before and after the ack */
  key: string
  kind: 'message' | 'topic' | 'notice'
  /** null until the ack */
  seq: number | null
  id: string | null
  user: User
  nonce: string
  /** ms; my own clock until acked */
  at: number
  /** null: deleted */
  text: string | null
  mentions: readonly Mention[]
  replyTo?: string
  /** ms of its last edit */
  edited: number | null
  pinned: boolean
  reactions: readonly Reaction[]
  own: boolean
  sendStatus: SendStatus
  /** the row already includes every change up to this seq */
  trueAt: number
  /** only in a row as drawn: my unconfirmed changes, applied to it unless they failed */
  pendingChanges?: readonly PendingChange[]
}

/** My change to a message until its event comes. A failed change stays, and is not drawn. */
export interface PendingChange {
  key: string
  entry: OutboxEntry & { target: string }
  /** me, under the name I had then */
  user: User
  sendStatus: SendStatus
  /** null until acked */
  seq: number | null
}

/** A part of the log away from its live end, drawn instead of the room's rows after a jump. */
export interface HistoryWindow {
  /** the seq that was jumped to; it identifies the window */
  centerSeq: number
  rows: readonly Row[]
  older: HistoryEdge
  newer: HistoryEdge
  /** the log's head when the first page was read: that page holds every change up to this seq */
  trueAt: number
  /** the window drawn before the jump, if any */
  previous: HistoryWindow | null
}

/** Beyond the rows on one side: more to load, a request under way or failed, or nothing. */
export type HistoryEdge = 'more' | 'loading' | 'failed' | 'none'

/** A person joined, left or was renamed. Not part of the log: gone after a reload. `at` in ms. */
export interface PresenceLine {
  id: string
  kind: 'joined' | 'left' | 'renamed'
  user: User
  /** renamed: the former name */
  before?: string
  at: number
  /** it is drawn below the row with this seq */
  after: number
}

export type RoomSync =
  | { state: 'unsynced' }
  | { state: 'syncing' | 'gap'; held: readonly RoomEvent[] }
  /** `behindSince`: since when (ms) `head` has been beyond the position; absent if it is not */
  | { state: 'live'; behindSince?: number }
  /** missing or not open to me, which look alike. `left`: I was a member and may join again */
  | { state: 'closed'; left?: true }

/** 'counts': position, unread counts and messages since this page follows the room; 'rows': the newest too; 'all': people too. */
export type SyncDepth = 'counts' | 'rows' | 'all'

export interface RoomState {
  room: string
  sync: RoomSync
  depth: SyncDepth
  position: Position
  /** by seq without a gap; my unsent messages stand last */
  rows: readonly Row[]
  /** null: the live end is drawn */
  historyWindow: HistoryWindow | null
  /** messages that others reply to, fetched by id */
  quotes: readonly Row[]
  /** pinned messages by seq; null: to be fetched */
  pins: readonly Row[] | null
  /** in sending order */
  pendingChanges: readonly PendingChange[]
  /** all changes after `recentChangesSince`, to be applied to pages that come by HTTP and are older */
  recentChanges: readonly Change[]
  recentChangesSince: number
  /** a message that is not loaded and may be unread was changed: the server has to recount */
  needsRecount: boolean
  /** the newest seq heard of */
  head: number
  /** messages below this seq are deleted by retention */
  floor: number
  /** the position when the room first became live: later messages are news; null: not live yet */
  firstLiveSeq: number | null
  /** above `rows` */
  older: HistoryEdge
  presenceVersion: number
  onlineCount: number
  /** online, as far as the server lists them */
  people: readonly Person[]
  presenceLines: readonly PresenceLine[]
  /** `until` in ms */
  typing: readonly { user: User; until: number }[]
  /** my membership and unread counts; null until the server has sent them */
  you: You | null
  /** the counts from before all rooms were marked read, while this can be undone */
  markedRead: You | null
  /** the "New" divider stands behind this seq, while the room is shown */
  unreadDivider: number | null
  /** said above the rows after a `reset`: messages were missed, or a backup was restored */
  resetNotice: 'away' | 'changed' | null
  /** my position before a `reset "tooOld"`, until a page tells whether messages were missed */
  seqBeforeReset: number | null
  /** when the last gaps were found (ms); two at most, since the third clears the room */
  gapTimes: readonly number[]
  /** ids of the people online before my connection was lost: their return draws no lines for a minute */
  onlineBeforeLoss: readonly string[]
  /** how many rows are kept; grows as the reader loads older ones */
  maxRows: number
}

/** The values of each setting; the first is the default. */
export const SETTING_VALUES = {
  theme: ['system', 'light', 'dark'],
  /** how much space a message takes */
  density: ['comfortable', 'compact'],
  /** join and leave lines: several in a row as one line, every line, or none */
  lines: ['condensed', 'shown', 'hidden'],
  /** 'device': Enter sends unless the primary pointer is coarse, as a finger is */
  enter: ['device', 'sends', 'breaks'],
  /** hour cycles of `Intl` */
  clock: ['system', 'h12', 'h23'],
  /** which messages count as unread and notify */
  level: ['all', 'mentions', 'nothing'],
  /** what a screen reader announces; 'all': also joins and leaves */
  spoken: ['messages', 'all', 'nothing'],
  notify: ['off', 'on'],
  sound: ['off', 'on'],
} as const

type ChosenSettings = { [Name in keyof typeof SETTING_VALUES]: (typeof SETTING_VALUES)[Name][number] }
export type Theme = ChosenSettings['theme']
export type LinesShown = ChosenSettings['lines']
export type NotificationLevel = ChosenSettings['level']

/** One person's settings on this device. */
export type Settings = ChosenSettings & {
  /** rooms that differ from `level`; without a prototype, since `constructor` is a possible room */
  levels: Readonly<Record<string, NotificationLevel>>
  /** `recent`: the emoji chosen last, the latest first. `tone` of the skin: 0 yellow, 1 light … 5 dark */
  emoji: { readonly recent: readonly string[]; readonly tone: number }
}

export interface State {
  /** 'unknown' until the server has answered; null: nobody is signed in */
  self: Self | null | 'unknown'
  signedOutInOtherTab: boolean
  connection: ConnectionState
  /** without a prototype: `constructor` is a possible room */
  rooms: Readonly<Record<string, RoomState>>
  /** my rooms, and other rooms that were listed or found */
  roomList: readonly RoomEntry[]
  /** the room I left last, until I open it again; `sent`: the server knows, so this cannot be undone any more */
  left: { room: string; name: string; wasOwner: boolean; sent: boolean } | null
  /** what anybody may know of the room whose page asks for a name; `card` null: there is no such room */
  roomCard: { room: string; card: RoomCard | null } | null
  /** the rooms in which I have a draft; without a prototype */
  drafts: Readonly<Record<string, true>>
  /** until when (ms) after my reconnect no lines are drawn about people who were online before */
  presenceQuietUntil: number
  /** until when (ms) the composer says "too fast" */
  rateLimitedUntil: number
  /** since when (ms) the server cannot store anything; 0: as far as known it can */
  serverFullSince: number
  /** the network is known to be off */
  offline: boolean
  /** the browser refuses storage: drafts and unsent messages are in memory only */
  storageBlocked: boolean
  settings: Settings
}

/** A message, or a change to the message whose id is `target`. */
export type OutgoingContent =
  | { kind: 'message'; text: string; replyTo?: string; target?: never }
  | { kind: 'edit'; target: string; text: string }
  | { kind: 'delete'; target: string; text?: never }
  | { kind: 'react'; target: string; emoji: string; on: boolean; text?: never }
  | { kind: 'pin'; target: string; on: boolean; text?: never }

/** A message or change of mine until its ack. */
export type OutboxEntry = OutgoingContent & {
  nonce: string
  room: string
  user: string
  /** when it was written, ms */
  at: number
  /** this person's entries are sent in this order */
  order: number
  failed?: FailureReason
}

/** Rows kept of a room on screen, unless the reader loads more, and of one that is only followed. */
export const MAX_ROWS = 2_000
export const MAX_ROWS_FOLLOWED = 200

const defaults = Object.entries(SETTING_VALUES).map(([name, [first]]) => [name, first])
export const DEFAULT_SETTINGS: Settings = {
  ...(Object.fromEntries(defaults) as ChosenSettings),
  levels: Object.create(null) as Settings['levels'],
  emoji: { recent: [], tone: 0 },
}

export const INITIAL_STATE: State = {
  self: 'unknown',
  signedOutInOtherTab: false,
  connection: { state: 'idle' },
  rooms: Object.create(null) as Record<string, RoomState>,
  roomList: [],
  left: null,
  roomCard: null,
  drafts: Object.create(null) as Record<string, true>,
  presenceQuietUntil: 0,
  rateLimitedUntil: 0,
  serverFullSince: 0,
  offline: false,
  storageBlocked: false,
  settings: DEFAULT_SETTINGS,
}

/** Me, or null: nobody is signed in, or the server has not answered. */
export function selfOf({ self }: Pick<State, 'self'>): Self | null {
  return self === 'unknown' ? null : self
}

/** My id, or null where `selfOf` is null. */
export function idOf(state: Pick<State, 'self'>): string | null {
  return selfOf(state)?.id ?? null
}

/** A room before its first sync. */
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
