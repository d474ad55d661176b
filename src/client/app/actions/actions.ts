/** What a person can do, and with what each of it can end. Types only: features import them as types. */
import type { Settings } from '../../state/state.ts'
import type { NameResult } from '../../ui/nameForm.ts'

export type RoomResult =
  | { result: 'made'; room: string }
  | { result: 'taken'; suggestion?: string }
  | { result: 'failed'; message: string }

/** True, or in words why not. */
export type ActionResult = true | string

/** What a person can do without a chat. Home has these alone. None of them throws or rejects. */
export interface SessionActions {
  /**
   * Signs in under a name as typed, into the room whose page asks for it; on 'ok' the state has me, and the socket is on
   * its way. A person who signed out offline is signed out at the server first.
   */
  signIn(name: string, room?: string): Promise<NameResult>
  rename(name: string): Promise<NameResult>
  /** Ends the session and empties this device of my drafts and outbox. `unsentCount` tells how many messages would be lost. */
  signOut(): Promise<void>
  unsentCount(): Promise<number>
  /** In how many rooms something is written and not sent. */
  draftCount(): Promise<number>
  /** The name last used on this device, '' if none. */
  lastName(): string
}

/** What a person can do in the chat. They come with its chunk. None of them throws or rejects. */
export interface ChatActions {
  /** How I want it, from now on and on this device. */
  chooseSettings(change: Partial<Settings>): void

  /** This page shows the room from now on: it is joined and kept up to date. */
  openRoom(room: string): void
  /** Ends my membership. */
  leaveRoom(room: string): void
  makeRoom(name: string): Promise<RoomResult>
  loadRooms(): Promise<void>
  /** Has rooms in the list whose name holds this text, a moment after the last call, where not all are listed. */
  findRooms(text: string): void
  /** The next page of older messages, if there is one and none is under way. */
  loadOlder(room: string): void
  /** The next newer page of a history window; at the live end the window becomes one with it. */
  loadNewer(room: string): void
  /** Has a message drawn, with those around it. False: it cannot be reached, or is no more; then nothing has changed. */
  jumpTo(room: string, seq: number): Promise<boolean>
  /** The same to the first message of others behind `after`. Gives its seq, or null. */
  jumpToFirstAfter(room: string, after: number): Promise<number | null>
  /** Draws what was drawn before the last jump. */
  leaveHistory(room: string): void
  /** Draws the live end. */
  showLiveEnd(room: string): void
  /** Fetches messages by their ids, for replies to show: those that are not here yet. */
  loadQuotes(room: string, ids: readonly string[]): void
  /** Fetches what is pinned, where the state does not know it. */
  loadPins(room: string): void
  /** Says what the room is about. Gives null, or in words why not. */
  setTopic(room: string, topic: string): Promise<string | null>

  /**
   * Shows my message at once and sends it as soon as it is stored on this device. Where it is refused its text must stay
   * in the composer.
   */
  send(room: string, text: string, replyTo?: string): ActionResult
  /**
   * Changes the message of this id, on my screen at once; what the server refuses is taken back and stands at its row as
   * `pendingChanges`.
   */
  edit(room: string, id: string, text: string): ActionResult
  remove(room: string, id: string): ActionResult
  react(room: string, id: string, emoji: string, on: boolean): ActionResult
  pin(room: string, id: string, on: boolean): ActionResult
  /** Again, under the same nonce: a message by the key of its row, a change by its own. */
  retry(room: string, key: string): ActionResult
  /** Drops a message or a change of mine that is waiting or failed. What is already on its way may still arrive. */
  drop(room: string, key: string): void

  /** I am typing, or no longer; thinned out here. */
  typing(room: string, on: boolean): void
  /** I have seen all up to this seq; only forward. */
  markReadUpTo(room: string, seq: number): void
  /** Marks all of my rooms read. The server hears of it after ten seconds; until then it can be undone. */
  markAllRead(): void
  undoMarkAllRead(): void
  /** Skips the wait for the next attempt to connect. */
  reconnect(): void

  /** The draft of a room as last stored, with its caret. */
  draft(room: string): Promise<{ text: string; caret: number }>
  saveDraft(room: string, text: string, caret: number): void
}

/** What the screens of a room call, and nothing else. */
export type Actions = SessionActions & ChatActions
