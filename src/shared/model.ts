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

/** What was said. Its content, or that it is gone: deleted, purged, or older than what is kept. */
export type Message = {
  kind: 'message'
  seq: number
  id: string
  at: number
  user: User
  nonce: string
} & ({ text: string; replyTo?: string; gone?: never } | { gone: true; text?: never; replyTo?: never })

/** One entry of a room's log. A kind that a client does not know still moves its position. */
export type RoomEvent = Message

/** One entry of `GET /api/rooms`. */
export interface RoomEntry {
  room: string
  name: string
  topic: string
  kind: 'public'
  joined: boolean
  role: Role
  head: number
  readSeq: number
  unread: number
  mentions: number
  /** people here now */
  count: number
}

/** Answer of `GET /api/rooms/:room/messages`: newest last; `older`, `newer`: there is more on that side. */
export interface HistoryPage {
  messages: Message[]
  head: number
  floor: number
  older: boolean
  newer: boolean
}
