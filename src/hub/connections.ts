import type { Activity, Role, Self } from '../shared/model.ts'
import type { ClientSocket, RoomRow } from './ports.ts'

interface JoinedRoom {
  /** the stronger of the person's own role and their role in the room */
  readonly role: Role
  /** `live`: the last page is sent, and the connection follows the room */
  state: 'syncing' | 'live'
}

/** A room as it was when a connection entered it, with the stronger of the person's own role and their role in it. */
export type EnteredRoom = RoomRow & { readonly role: Role }

/** A request to bring a room up to date from a position. */
export interface SyncRequest {
  readonly room: string
  readonly ref?: string | undefined
  /** null: there is no such room, or the person is not a member */
  readonly entered: EnteredRoom | null
  /** the client's position */
  readonly seq: number
  readonly id: string | null
  /** messages that a first page may have; 0: the room is not on screen, so its people are not named either */
  readonly limit: number
  /** the connection has left the room again: nothing more is sent */
  cancelled?: true
}

/** The client has said `hello`: its frames are handled, and beats are exchanged. */
interface Greeted {
  readonly state: 'greeted'
  /** as last reported by the client */
  activity: Activity
  /** when the client last sent a beat or hello */
  lastHeardAt: number
  nextBeatAt: number
  /** since when a beat has waited for its answer; null: none does */
  unansweredSince: number | null
}

/** One connection, from `open` to `close`, and its person. Times are ms of `Clock.elapsed`. */
export interface ClientConnection {
  readonly socket: ClientSocket
  user: Self
  /** the hash of the session that let it in */
  readonly session: string
  readonly openedAt: number
  /** `connected`: the socket is open, and `hello` is due */
  lifecycle: { readonly state: 'connected' } | Greeted | { readonly state: 'closed' }
  /** rooms that the connection has joined: frames for them are accepted */
  readonly rooms: Map<string, JoinedRoom>
  /** rooms that are still to be brought up to date, in order; the first is under way */
  readonly syncs: SyncRequest[]
  /** durable frames without an answer */
  unacked: number
}

export type GreetedConnection = ClientConnection & { readonly lifecycle: Greeted }

export function isGreeted(connection: ClientConnection): connection is GreetedConnection {
  return connection.lifecycle.state === 'greeted'
}

/** All connections of this node, by socket and by person. */
export class ConnectionRegistry {
  readonly #bySocket = new Map<ClientSocket, ClientConnection>()
  readonly #byUser = new Map<string, Set<ClientConnection>>()

  get size(): number {
    return this.#bySocket.size
  }

  /** People with at least one connection. */
  get people(): number {
    return this.#byUser.size
  }

  add(connection: ClientConnection): void {
    const { socket, user } = connection
    this.#bySocket.set(socket, connection)
    this.#byUser.set(user.id, (this.#byUser.get(user.id) ?? new Set()).add(connection))
  }

  /** @returns whether this was the person's last connection */
  remove(connection: ClientConnection): boolean {
    const { socket, user } = connection
    this.#bySocket.delete(socket)
    const left = this.#byUser.get(user.id)
    left?.delete(connection)
    if (left?.size === 0) this.#byUser.delete(user.id)
    return !this.#byUser.has(user.id)
  }

  get(socket: ClientSocket): ClientConnection | undefined {
    return this.#bySocket.get(socket)
  }

  /** A person's connections now, the oldest first. */
  of(user: string): ClientConnection[] {
    return [...(this.#byUser.get(user) ?? [])]
  }

  all(): ClientConnection[] {
    return [...this.#bySocket.values()]
  }

  greetedOf(user: string): GreetedConnection[] {
    return this.of(user).filter(isGreeted)
  }
}
