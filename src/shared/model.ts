/** The nouns of the chat, as they are sent. Ids of users and events are UUIDv7; times are ms since the epoch. */

export type Role = 'spectator' | 'guest' | 'member' | 'moderator' | 'admin' | 'owner'
export type Activity = 'active' | 'idle'

/** A person and their name at that time: an event keeps the name that its author had. */
export interface User {
  id: string
  name: string
}

/** The person of a session. */
export interface Self extends User {
  role: Role
}

/** A person who is here now. */
export interface Person extends User {
  state: Activity
}

/** The last event up to which a client has everything. `seq: 0, id: null`: nothing yet. */
export interface Position {
  seq: number
  id: string | null
}

/** The fields of an event; a notice has no user and no nonce. The sender chose `nonce`; a `topic`, set over HTTP, has none. */
interface Entry {
  seq: number
  id: string
  at: number
  user: User
  nonce: string
}

/** Content, or `gone` in its place if it is deleted or purged. */
type Erasable<Content> =
  (Content & { gone?: never }) | ({ gone: true } & { [Field in keyof Content]?: never })

/**
 * A person named in a text: `length` UTF-16 units from `at` on are `@` and the name that the person had then. `quiet`, only in
 * history messages: an edit has added the person, so the message does not count as a mention of them.
 */
export interface Mention {
  user: string
  at: number
  length: number
  quiet?: true
}

export type Message = Entry & { kind: 'message' } & Erasable<{
    text: string
    replyTo?: string
    mentions?: Mention[]
  }>

export type Topic = Omit<Entry, 'nonce'> & {
  kind: 'topic'
  nonce?: never
  replyTo?: never
} & Erasable<{ text: string }>

/** A message of the server. */
export type Notice = Pick<Entry, 'seq' | 'id' | 'at'> & {
  kind: 'notice'
  user?: never
  nonce?: never
  replyTo?: never
} & Erasable<{ text: string }>

/** Changes the message `target`. `count`: how many people have reacted with the emoji after this. */
export type Change = Entry & { target: string } & (
    | ({ kind: 'edit' } & Erasable<{ text: string; mentions?: Mention[] }>)
    | { kind: 'delete'; by: 'author' | 'moderator'; text?: never; gone?: never }
    | ({ kind: 'react'; text?: never } & Erasable<{ emoji: string; on: boolean; count: number }>)
    | ({ kind: 'pin'; text?: never } & Erasable<{ on: boolean }>)
  )

/** One entry of a room's log. An event of a kind that a client does not know still moves its position. */
export type RoomEvent = Message | Topic | Notice | Change

/** An emoji on a message: how many people reacted with it, and the first 20 of them. */
export interface ReactionCount {
  emoji: string
  count: number
  users: User[]
}

/** The same for one reader. `mine`: the reader is one of these people. */
export interface Reaction extends ReactionCount {
  mine: boolean
}

/** A row of the timeline after all changes up to its page's `head`, or up to `at` on a first page. `edited`: when (ms). */
export type HistoryMessage<R extends ReactionCount = Reaction> =
  | (Message & { edited?: number; pinned?: true; reactions?: R[] })
  | ((Topic | Notice) & { edited?: never; pinned?: never; reactions?: never })

/** What anybody may know of a public room, also without a session: `GET /api/rooms/:room`. */
export interface RoomCard {
  room: string
  name: string
  topic: string
  kind: 'public'
  /** people who are online and not away */
  count: number
}

/** One entry of `GET /api/rooms`. */
export interface RoomEntry extends RoomCard {
  joined: boolean
  role: Role
  head: number
}

/**
 * Answer of `GET /api/rooms/:room/messages`, the newest last. `older`, `newer`: there is more on that side. For `ids` and
 * `pinned`, `older` means that the oldest did not fit.
 */
export interface HistoryPage {
  messages: HistoryMessage[]
  head: number
  floor: number
  older: boolean
  newer: boolean
}
