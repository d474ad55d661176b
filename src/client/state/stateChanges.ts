/** Everything that changes the state, as plain data. `reduce` says what each of them does. */
import type { HistoryPage, RoomEntry, Self, User } from '../../shared/model.ts'
import type { ServerFrame } from '../../shared/protocol.ts'
import type { ConnectionState, OutboxEntry, SendStatus, Settings } from './state.ts'

/** `now` in ms since the epoch. */
export type StateChange =
  | SessionChange
  | ConnectionChange
  | RoomChange
  | OutboxChange
  | HistoryChange
  | UnreadChange
  | { type: 'settingsChanged'; settings: Settings }
  /** once a second, while `needsTick` */
  | { type: 'tick'; now: number }

type SessionChange =
  | { type: 'selfChanged'; self: Self | null }
  /** `inOtherTab`: another tab of mine signed out */
  | { type: 'signedOut'; inOtherTab?: boolean }

type ConnectionChange =
  | { type: 'connectionChanged'; connection: ConnectionState; now: number }
  | { type: 'networkChanged'; offline: boolean }
  /** the browser refuses to store drafts and unsent messages */
  | { type: 'storageBlocked' }
  /** frames of one draw, in their order */
  | { type: 'framesReceived'; frames: readonly ServerFrame[]; now: number }

type RoomChange =
  /** This page follows the room from now on. `shown`: it comes on screen */
  | { type: 'roomOpened'; room: string; shown?: boolean }
  /** The server was asked for the room, by `hello` or `join`. */
  | { type: 'syncRequested'; room: string; now: number }
  /** The room is asked for from the start: until now only its counts were followed. */
  | { type: 'roomRestarted'; room: string }
  /** The room was on screen long ago: it keeps fewer rows. */
  | { type: 'roomShortened'; room: string }
  /** This page no longer follows the room. `left`: my membership has ended too */
  | { type: 'roomForgotten'; room: string; left?: boolean }
  | { type: 'roomListChanged'; roomList: readonly RoomEntry[] }

type OutboxChange =
  /** A message or change of mine is to be drawn. `user`: me */
  | { type: 'entryQueued'; entry: OutboxEntry; user: User }
  | { type: 'sendStatusChanged'; room: string; key: string; sendStatus: SendStatus }
  | { type: 'entryDropped'; room: string; key: string }

type HistoryChange =
  /** Older messages above the live rows. `before`: the oldest seq when they were asked for; `page` null: no answer */
  | { type: 'olderRequested'; room: string }
  | { type: 'olderLoaded'; room: string; before: number; page: HistoryPage | null }
  /** One more page of the history window whose `centerSeq` is `window` */
  | { type: 'windowPageRequested'; room: string; window: number; side: 'older' | 'newer' }
  | {
      type: 'windowPageLoaded'
      room: string
      window: number
      side: 'older' | 'newer'
      page: HistoryPage | null
    }
  /** A jump to `seq`, away from the live end */
  | { type: 'historyEntered'; room: string; seq: number; page: HistoryPage }
  /** Back to what was drawn before the last jump, or to the live end */
  | { type: 'historyLeft'; room: string; to: 'previous' | 'live' }
  /** Messages fetched by their ids; `page` may lack some of them */
  | { type: 'quotesLoaded'; room: string; ids: readonly string[]; page: HistoryPage }
  | { type: 'pinsLoaded'; room: string; page: HistoryPage }

type UnreadChange =
  /** I have seen all up to this seq. */
  | { type: 'readUpTo'; room: string; seq: number }
  /** All rooms, or a room that was still being joined, are marked read; until settled that can be undone. */
  | { type: 'allMarkedRead' }
  | { type: 'roomMarkedRead'; room: string }
  | { type: 'markReadUndone' }
  | { type: 'markReadSettled'; room: string }
  | { type: 'unreadDividerShown'; room: string }
  | { type: 'unreadDividerHidden'; room: string }
