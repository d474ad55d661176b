/** Everything that is drawn, as one value. Changed by `reduce` alone; rows are replaced, never mutated. */
import type { ErrorCode } from '../../shared/errors.ts'
import type { Person, Position, RoomEntry, RoomEvent, Self, User } from '../../shared/model.ts'
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

/** One message as drawn. Keyed by user and nonce, before and after the ack: others see my nonces and may copy them. */
export interface Row {
  key: string
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
  own: boolean
  standing: Standing
}

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
  /** missing or not open to me: both look alike */
  | { state: 'closed' }

export interface RoomState {
  room: string
  sync: RoomSync
  position: Position
  /** by seq, without a hole between them; mine that wait stand last */
  rows: readonly Row[]
  head: number
  floor: number
  older: 'more' | 'loading' | 'failed' | 'none'
  version: number
  count: number
  people: readonly Person[]
  lines: readonly PresenceLine[]
  /** who types, until when (ms) */
  typing: readonly { user: User; until: number }[]
  you: You | null
  /** said once above the rows after a `reset` */
  notice: 'away' | 'changed' | null
  /** times (ms) of the last gaps, three at most */
  gaps: readonly number[]
  /** since when (ms) `head` is known to lie beyond the position of a live room, or null */
  behind: number | null
  /** ids of those listed before my last loss of connection: they make no lines while it is quiet */
  listed: readonly string[]
  /** how many rows may be kept; grows with what a reader loads by scrolling */
  keep: number
}

export interface State {
  /** 'unknown' until the server was asked; null: nobody */
  self: Self | null | 'unknown'
  link: Link
  /** without a prototype: `constructor` is a possible room */
  rooms: Readonly<Record<string, RoomState>>
  list: readonly RoomEntry[]
  /** until when (ms) no join or leave lines are drawn about people already listed: after my own reconnect */
  quietUntil: number
  /** until when (ms) the composer says that sending was too fast */
  slowUntil: number
  /** the network is known to be off */
  offline: boolean
  /** drafts and unsent messages are kept in memory alone: the browser refuses storage */
  forgetful: boolean
}

/** What is kept of a message of mine until its ack. */
export interface OutboxEntry {
  nonce: string
  room: string
  user: string
  text: string
  replyTo?: string
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
  /** this page wants to be in the room, is being asked into it, or wants it no longer */
  | { type: 'opened'; room: string }
  | { type: 'asked'; room: string; now: number }
  | { type: 'forgotten'; room: string }
  | { type: 'queued'; entry: OutboxEntry; user: User }
  | { type: 'standing'; room: string; key: string; standing: Standing }
  | { type: 'dropped'; room: string; key: string }
  | { type: 'olderAsked' | 'olderFailed'; room: string }
  | { type: 'older'; room: string; messages: readonly RoomEvent[]; floor: number; more: boolean }
  /** I have seen all up to this seq */
  | { type: 'read'; room: string; seq: number }
  | { type: 'rooms'; list: readonly RoomEntry[] }
  | { type: 'signedOut' }
  /** once a second, while anything depends on it */
  | { type: 'tick'; now: number }

/** Rows kept of an open room, unless a reader loads more. */
export const KEPT_ROWS = 2_000

export const NOBODY: State = {
  self: 'unknown',
  link: { state: 'idle' },
  rooms: Object.create(null) as Record<string, RoomState>,
  list: [],
  quietUntil: 0,
  slowUntil: 0,
  offline: false,
  forgetful: false,
}

/** A room this page has heard nothing of yet. */
export function unheard(room: string): RoomState {
  return {
    room,
    sync: { state: 'unsynced' },
    position: { seq: 0, id: null },
    rows: [],
    head: 0,
    floor: 1,
    older: 'none',
    version: 0,
    count: 0,
    people: [],
    lines: [],
    typing: [],
    you: null,
    notice: null,
    gaps: [],
    behind: null,
    listed: [],
    keep: KEPT_ROWS,
  }
}
