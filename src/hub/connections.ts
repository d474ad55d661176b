import type { Role, Self } from '../shared/model.ts'
import type { ServerFrame } from '../shared/protocol.ts'
import type { ClientSocket } from './ports.ts'
import type { Bucket } from './rateLimit.ts'
import type { SyncRequest } from './history/sync.ts'

/** A room that a connection has joined. */
interface JoinedRoom {
  readonly room: string
  /** the stronger of the person's roles there */
  readonly role: Role
  /** its last page is sent */
  live: boolean
}

/** One connection, from `open` to `close`, and who is behind it. Times are ms of the hub's steady time. */
export interface ClientConnection {
  readonly socket: ClientSocket
  user: Self
  /** the hash of the session that let it in */
  readonly session: string
  readonly openedAt: number
  /** whether `hello` was said */
  greeted: boolean
  gone: boolean
  /** rooms it has joined; frames to them are taken */
  rooms: readonly JoinedRoom[]
  /** what it is still to be sent, in order; the first is under way */
  syncs: readonly SyncRequest[]
  /** durable frames without an answer */
  unacked: number
  joinBucket: Bucket
  /** when it last answered a beat, or said hello; when the next beat is due; since when one is unanswered, or null */
  lastHeardAt: number
  nextBeatAt: number
  unansweredSince: number | null
}

/** What most have none of: one for all. Whoever adds to it makes a list of their own. */
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
    const others = this.of(connection.user.id).filter((one) => one !== connection)
    if (others.length > 0) this.#byUser.set(connection.user.id, others)
    else this.#byUser.delete(connection.user.id)
    return others.length === 0
  }

  get(connection: ClientSocket): ClientConnection | undefined {
    return this.#byId.get(connection.id)
  }

  /** As they are now: what comes or goes meanwhile changes another list. */
  of(user: string): readonly ClientConnection[] {
    return this.#byUser.get(user) ?? []
  }

  isOnline(user: string): boolean {
    return this.#byUser.has(user)
  }

  /** The session of each connection, those with several connections several times. */
  *sessions(): Iterable<string> {
    for (const { session } of this.#byId.values()) yield session
  }

  all(): Iterable<ClientConnection> {
    return this.#byId.values()
  }

  /** Sends to every connection of a person that has said hello, but one. */
  sendTo(user: string, frame: ServerFrame, but?: ClientSocket): void {
    for (const { socket, greeted } of this.of(user)) if (greeted && socket !== but) socket.send(frame)
  }
}
