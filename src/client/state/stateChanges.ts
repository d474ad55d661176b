/** Everything that changes the state, as plain data. `reduce` says what each change does. */
import type { HistoryPage, RoomCard, RoomEntry, Self, User } from '../../shared/model.ts'
import type { ServerFrame } from '../../shared/protocol.ts'
import type { PagePlace } from './historyWindow.ts'
import type { ConnectionState, OutboxEntry, SendStatus, Settings } from './state.ts'

/** `now` in ms since the epoch. */
export type StateChange =
  | { type: 'selfChanged'; self: Self | null }
  /** `inOtherTab`: another tab of mine signed out */
  | { type: 'signedOut'; inOtherTab?: boolean }
  | { type: 'connectionChanged'; connection: ConnectionState; now: number }
  | { type: 'networkChanged'; offline: boolean }
  /** the browser refuses to store drafts and unsent messages */
  | { type: 'storageBlocked' }
  /** frames of one draw, in their order */
  | { type: 'framesReceived'; frames: readonly ServerFrame[]; now: number }
  /** this page follows the room from now on; `shown`: it comes on screen */
  | { type: 'roomOpened'; room: string; shown?: boolean }
  /** this page no longer follows the room; `left`: my membership has ended too */
  | { type: 'roomForgotten'; room: string; left?: boolean }
  /** I left the room, and the server is not told before `leaveSent` */
  | { type: 'roomLeft' | 'leaveSent'; room: string }
  /** an entry of mine is to be drawn; `user`: me */
  | { type: 'entryQueued'; entry: OutboxEntry; user: User }
  | { type: 'roomCardLoaded'; room: string; card: RoomCard | null }
  | { type: 'roomListChanged'; roomList: readonly RoomEntry[] }
  /** I have a draft in these rooms, or none any more; the other rooms stay as they are */
  | { type: 'draftsChanged'; rooms: readonly string[]; has: boolean }
  /** can be undone until `markReadSettled` */
  | { type: 'allMarkedRead' }
  | { type: 'markReadUndone' }
  | { type: 'settingsChanged'; settings: Settings }
  /** once a second, while `needsTick` */
  | { type: 'tick'; now: number }
  | ChangeInRoom

/** A change of one room. It is ignored if this page does not follow the room. */
export type ChangeInRoom = { room: string } & (
  | { type: 'sendStatusChanged'; key: string; sendStatus: SendStatus }
  | { type: 'entryDropped'; key: string }
  /** by `hello` or `join`; `fromStart`: until now only the room's counts were followed */
  | { type: 'syncRequested'; fromStart?: boolean }
  /** the room was on screen long ago and keeps fewer rows */
  | { type: 'roomShortened' }
  | { type: 'pageRequested'; place: PagePlace }
  /** `page` null: the request failed */
  | { type: 'pageLoaded'; place: PagePlace; page: HistoryPage | null }
  /** a jump to `seq`, away from the live end */
  | { type: 'historyEntered'; seq: number; page: HistoryPage }
  /** back to what was drawn before the last jump, or to the live end */
  | { type: 'historyLeft'; to: 'previous' | 'live' }
  /** messages fetched by their ids; `page` may lack some of them */
  | { type: 'quotesLoaded'; ids: readonly string[]; page: HistoryPage }
  | { type: 'pinsLoaded'; page: HistoryPage }
  /** I have seen all up to this seq */
  | { type: 'readUpTo'; seq: number }
  /** I have marked all from this seq on as unread */
  | { type: 'unreadFrom'; seq: number }
  | { type: 'markReadSettled' }
  | { type: 'unreadDividerShown' }
  | { type: 'unreadDividerHidden' }
)
