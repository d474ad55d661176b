import type { NameFault } from '../shared/names.ts'

/** What a sign-in or rename can end with. `words`: what to tell the person. */
export type NameAnswer =
  | { result: 'ok' }
  | { result: 'taken'; suggestion?: string }
  | { result: 'invalid'; fault?: NameFault; words: string }
  | { result: 'failed'; words: string }

export type RoomAnswer =
  | { result: 'made'; room: string }
  | { result: 'taken'; suggestion?: string }
  | { result: 'failed'; words: string }

/** What a person can do. Views call these and nothing else; none of them throws or rejects. */
export interface Actions {
  /** Signs in under a name as typed; on 'ok' the state has me, and the socket is on its way. */
  signIn(name: string): Promise<NameAnswer>
  rename(name: string): Promise<NameAnswer>
  /** Ends the session and empties this device of my drafts and outbox. `unsent` tells how many messages would be lost. */
  signOut(): Promise<void>
  unsent(): Promise<number>
  /** The name last used on this device, '' if none. */
  lastName(): string

  /** This page shows the room from now on: it is joined and kept up to date. */
  openRoom(room: string): void
  /** Ends my membership. */
  leaveRoom(room: string): void
  makeRoom(name: string): Promise<RoomAnswer>
  loadRooms(): Promise<void>
  /** The next page of older messages, if there is one and none is under way. */
  loadOlder(room: string): void

  /**
   * Shows my message at once and sends it as soon as it is stored on this device. False: refused because 200 wait
   * already; its text must stay in the composer.
   */
  send(room: string, text: string, replyTo?: string): boolean
  /** Again, under the same nonce. */
  retry(room: string, key: string): void
  /** Drops a message of mine that is waiting or failed. What is already on its way may still arrive. */
  drop(room: string, key: string): void

  /** I am typing, or no longer; thinned out here. */
  typing(room: string, on: boolean): void
  /** I have seen all up to this seq; only forward. */
  read(room: string, seq: number): void
  /** Skips the wait for the next attempt to connect. */
  reconnect(): void

  /** The draft of a room as last stored, with its caret. */
  draft(room: string): Promise<{ text: string; caret: number }>
  saveDraft(room: string, text: string, caret: number): void
}
