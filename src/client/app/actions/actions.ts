/** What a person can do. Types only, so that features do not import the code behind it. */
import type { Settings } from '../../state/state.ts'
import type { NameResult } from '../../ui/nameForm.ts'

export type RoomResult =
  | { result: 'made'; room: string }
  | { result: 'taken'; suggestion?: string }
  | { result: 'failed'; message: string }

/** True, or in words why not. */
export type ActionResult = true | string

/** What a person can do before the chat is loaded; all that home needs. None of these throws or rejects. */
export interface SessionActions {
  /** Signs in under a name as typed. On 'ok' the state has me. @param room also makes me a member of it */
  signIn(name: string, room?: string): Promise<NameResult>
  rename(name: string): Promise<NameResult>
  /** Ends the session and removes my drafts and unsent messages from this device. */
  signOut(): Promise<void>
  /** What a sign-out would delete: the number of messages, and the number of rooms with a draft. */
  unsent(): Promise<{ messages: number; drafts: number }>
  /** Puts the room's card into the state, or that there is no such room; nothing if the server does not say. */
  loadRoomCard(room: string): Promise<void>
  /** The name last used on this device, '' if none. */
  lastName(): string
}

/** What a person can do in the chat. None of these throws or rejects. */
export interface ChatActions {
  /** Stored on this device. */
  chooseSettings(change: Partial<Settings>): void

  /** Joins the room that this page shows, and keeps it up to date. */
  openRoom(room: string): void
  /** Ends my membership, in ten seconds or when the page is closed; opening the room again undoes it. */
  leaveRoom(room: string): void
  makeRoom(name: string): Promise<RoomResult>
  loadRooms(): Promise<unknown>
  /** Adds rooms to the list whose names contain the text, unless the list is complete. Debounced. */
  findRooms(text: string): void
  /** Gives null, or in words why not. */
  setTopic(room: string, topic: string): Promise<string | null>

  /** The next page of older messages, if there is one and no request is under way. */
  loadOlder(room: string): void
  /** The next newer page of a history window; once it reaches the live end, the window is left. */
  loadNewer(room: string): void
  /** Draws a message and those around it. False: it is out of reach or deleted, and nothing has changed. */
  jumpTo(room: string, seq: number): Promise<boolean>
  /** Jumps to the first message of others after this seq, or of mine if no other is near. Gives its seq, or null. */
  jumpToFirstAfter(room: string, after: number): Promise<number | null>
  /** Jumps to the first message since this time (ms), or to the newest before. Gives its seq, or null. */
  jumpToTime(room: string, time: number): Promise<number | null>
  /** Draws what was drawn before the last jump. */
  leaveHistory(room: string): void
  showLiveEnd(room: string): void
  /** Fetches messages that replies quote, unless they are loaded. */
  loadQuotes(room: string, ids: readonly string[]): void
  /** Fetches the pinned messages, unless they are loaded. */
  loadPins(room: string): void

  /** Shows my message at once and sends it once this device has stored it. A refused text must stay in the composer. */
  send(room: string, text: string, replyTo?: string): ActionResult
  /** Shows the change at once. If the server refuses it, the row is drawn without it and keeps it in `pendingChanges`, as failed. */
  edit(room: string, id: string, text: string): ActionResult
  remove(room: string, id: string): ActionResult
  react(room: string, id: string, emoji: string, on: boolean): ActionResult
  pin(room: string, id: string, on: boolean): ActionResult
  /** Sends again under the same nonce. @param key of the message's row, or of the pending change */
  retry(room: string, key: string): ActionResult
  /** Discards a message or change that waits or failed. What is on its way may still arrive. */
  drop(room: string, key: string): void

  /** Tells the room whether I am typing. Throttled. */
  typing(room: string, on: boolean): void
  /** Moves my read position, only forward. Debounced. */
  markReadUpTo(room: string, seq: number): void
  /** Marks this message and all after it as unread. */
  markUnreadFrom(room: string, seq: number): void
  /** Marks all of my rooms read. Can be undone for ten seconds; then, or when the page is hidden, the server is told. */
  markAllRead(): void
  undoMarkAllRead(): void
  /** Skips the wait for the next attempt to connect. */
  reconnect(): void

  draft(room: string): Promise<{ text: string; caret: number }>
  /** Saved 300 ms later, with what is typed until then; `state.drafts` knows of it at once. */
  saveDraft(room: string, text: string, caret: number): void
}

export type Actions = SessionActions & ChatActions
