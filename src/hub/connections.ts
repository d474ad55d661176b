import type { Role, Self } from '../shared/model.ts'
import type { ServerFrame } from '../shared/protocol.ts'
import type { ClientSocket, RoomRow } from './ports.ts'
import type { Bucket } from './rateLimit.ts'

/** A room that a connection has joined. */
interface JoinedRoom {
  readonly room: string
  /** the stronger of the person's roles there */
  readonly role: Role
  /** `live`: the last page is sent, and the connection follows the room */
  state: 'syncing' | 'live'
}

/** A room as it was when a connection entered it, with the stronger of the person's roles there. */
export type EnteredRoom = RoomRow & { readonly role: Role }

/** A request to bring a room up to date from a position. */
export interface SyncRequest {
  readonly room: string
  readonly ref?: string
  /** null: there is no such room, or the person may not enter it */
  readonly entered: EnteredRoom | null
  /** the client's position */
  readonly seq: number
  readonly id: string | null
  /** messages that a first page may have; 0: the room is not on screen, so people are not named either */
  readonly limit: number
  /** the connection has left the room again: nothing more is sent */
  cancelled: boolean
}

/** Where a connection is in its life. `connected`: the socket is open, and `hello` is due. */
type Lifecycle = { readonly state: 'connected' } | Greeted | { readonly state: 'closed' }

/** `hello` was said: frames are taken, and beats are exchanged. */
interface Greeted {
  readonly state: 'greeted'
  /** when it last sent a beat or hello */
  lastHeardAt: number
  nextBeatAt: number
  /** since when a beat has waited for its answer; null: none does */
  unansweredSince: number | null
}

/** The states without data: one object for all connections. */
export const CONNECTED = { state: 'connected' } as const
export const CLOSED = { state: 'closed' } as const

/** One connection, from `open` to `close`, and its person. Times are ms of the monotonic clock. */
export interface ClientConnection {
  readonly socket: ClientSocket
  user: Self
  /** the hash of the session that let it in */
  readonly session: string
  readonly openedAt: number
  lifecycle: Lifecycle
  /** rooms it has joined; frames to them are taken */
  rooms: readonly JoinedRoom[]
  /** rooms that are still to be brought up to date, in order; the first is under way */
  syncs: readonly SyncRequest[]
  /** durable frames without an answer */
  unacked: number
  joinBucket: Bucket
}

/** A connection that has said hello. */
export type GreetedConnection = ClientConnection & { readonly lifecycle: Greeted }

export function isGreeted(connection: ClientConnection): connection is GreetedConnection {
  return connection.lifecycle.state === 'greeted'
}

/** The empty list of all connections without rooms or requests. Never changed: adding makes a new list. */
export const EMPTY: readonly never[] = []

/** A room as a connection has joined it. A list: nearly everybody is in few, and a map of one takes four times the memory. */
export function joinedIn({ rooms }: ClientConnection, room: string): JoinedRoom | undefined {
  return rooms.find((joined) => joined.room === room)
}

/** All connections of this node, by connection and by person. */
export class ConnectionRegistry {
  readonly #byId = new Map<string, ClientConnection>()
  // Arrays: nearly everybody has one connection, and a set of one takes five times the memory.
  readonly #byUser = new Map<string, readonly ClientConnection[]>()

  get size(): number {
    return this.#byId.size
  }

  /** People with at least one connection. */
  get people(): number {
    return this.#byUser.size
  }

  add(connection: ClientConnection): void {
    this.#byId.set(connection.socket.id, connection)
    this.#byUser.set(connection.user.id, [...this.of(connection.user.id), connection])
  }

  /** @returns whether it was the person's last */
  remove(connection: ClientConnection): boolean {
    this.#byId.delete(connection.socket.id)
    const others = this.of(connection.user.id).filter((other) => other !== connection)
    if (others.length > 0) this.#byUser.set(connection.user.id, others)
    else this.#byUser.delete(connection.user.id)
    return others.length === 0
  }

  get(socket: ClientSocket): ClientConnection | undefined {
    return this.#byId.get(socket.id)
  }

  /** A person's connections now. The list never changes: a later open or close makes a new one. */
  of(user: string): readonly ClientConnection[] {
    return this.#byUser.get(user) ?? []
  }

  isOnline(user: string): boolean {
    return this.#byUser.has(user)
  }

  /** The session of each connection; a session with several connections comes several times. */
  *sessions(): Iterable<string> {
    for (const { session } of this.#byId.values()) yield session
  }

  all(): Iterable<ClientConnection> {
    return this.#byId.values()
  }

  /** Sends to every connection of a person that has said hello, but one. */
  sendTo(user: string, frame: ServerFrame, but?: ClientSocket): void {
    for (const connection of this.of(user))
      if (isGreeted(connection) && connection.socket !== but) connection.socket.send(frame)
  }
}
