/** The nouns of the chat, as they travel. Ids of users and events are UUIDv7; times are ms since the epoch. */

export type Role = 'spectator' | 'guest' | 'member' | 'moderator' | 'admin' | 'owner'
export type Activity = 'active' | 'idle'

/** An author under the name of that moment. */
export interface User {
  id: string
  name: string
}

/** Who I am, as the server knows me. */
export interface Self extends User {
  role: Role
}

/** Somebody who is here now. */
export interface Person extends User {
  state: Activity
}

/** The last event below which a client has no hole. `seq: 0, id: null`: nothing yet. */
export interface Position {
  seq: number
  id: string | null
}

/** What every entry of a room's log has. Its sender named it with `nonce`; a `topic` set over HTTP has none. */
interface Entry {
  seq: number
  id: string
  at: number
  user: User
  nonce: string
}

/** In place of content that is deleted, purged, or older than what is kept. */
type Gone<Content> = { gone: true } & { [Field in keyof Content]?: never }
type Kept<Content> = Content & { gone?: never }

/** What was said. */
export type Message = Entry & { kind: 'message' } & (
    Kept<{ text: string; replyTo?: string }> | Gone<{ text: string; replyTo?: string }>
  )

/** What the room is about, from now on. */
export type Topic = Omit<Entry, 'nonce'> & { kind: 'topic'; nonce?: never; replyTo?: never } & (
    Kept<{ text: string }> | Gone<{ text: string }>
  )

/** Said by the server itself. */
export type Notice = Pick<Entry, 'seq' | 'id' | 'at'> & {
  kind: 'notice'
  user?: never
  nonce?: never
  replyTo?: never
} & (Kept<{ text: string }> | Gone<{ text: string }>)

/** What changes the message `target`. `count`: how many people show this emoji after it. */
export type Change = Entry & { target: string } & (
    | ({ kind: 'edit' } & (Kept<{ text: string }> | Gone<{ text: string }>))
    | { kind: 'delete'; by: 'author' | 'moderator'; text?: never; gone?: never }
    | ({ kind: 'react'; text?: never } & (Kept<Reacted> | Gone<Reacted>))
    | ({ kind: 'pin'; text?: never } & (Kept<{ on: boolean }> | Gone<{ on: boolean }>))
  )
type Reacted = { emoji: string; on: boolean; count: number }

/** One entry of a room's log. A kind that a client does not know still moves its position. */
export type RoomEvent = Message | Topic | Notice | Change

/** Who shows an emoji at a message: how many, and the first 20 of them. */
export interface ReactionCount {
  emoji: string
  count: number
  users: User[]
}

/** The same for one reader, who may show it too. */
export interface Reaction extends ReactionCount {
  mine: boolean
}

/** What stands in the timeline, as history tells it: true at the head of its page. `edited` in ms. */
export type HistoryMessage<R extends ReactionCount = Reaction> =
  | (Message & { edited?: number; pinned?: true; reactions?: R[] })
  | ((Topic | Notice) & { edited?: never; pinned?: never; reactions?: never })

/** One entry of `GET /api/rooms`. */
export interface RoomEntry {
  room: string
  name: string
  topic: string
  kind: 'public'
  joined: boolean
  role: Role
  head: number
  /** people here now */
  count: number
}

/**
 * Answer of `GET /api/rooms/:room/messages`: newest last; `older`, `newer`: there is more on that side. Of `ids` and `pinned`
 * `older` tells that the oldest did not fit.
 */
export interface HistoryPage {
  messages: HistoryMessage[]
  head: number
  floor: number
  older: boolean
  newer: boolean
}
