import type { Role, Self } from '../shared/model.ts'
import type { ServerFrame } from '../shared/protocol.ts'
import type { Connection } from './ports.ts'
import type { Bucket } from './rateLimit.ts'
import type { Pages } from './history/sync.ts'

/** A room that a connection has joined. */
interface Joined {
  readonly room: string
  /** the stronger of the person's roles there */
  readonly role: Role
  /** its last page is sent */
  live: boolean
}

/** One connection, from `open` to `close`, and who is behind it. Times are ms of the hub's steady time. */
export interface Visit {
  readonly connection: Connection
  user: Self
  /** the hash of the session that let it in */
  readonly session: string
  readonly opened: number
  /** whether `hello` was said */
  greeted: boolean
  gone: boolean
  /** rooms it has joined; frames to them are taken */
  rooms: readonly Joined[]
  /** what it is still to be sent, in order; the first is under way */
  pages: readonly Pages[]
  /** durable frames without an answer */
  unanswered: number
  joins: Bucket
  /** when it last answered a beat, or said hello; when the next beat is due; since when one is unanswered, or null */
  heard: number
  nextBeat: number
  asked: number | null
}

/** What most have none of: one for all. Whoever adds to it makes a list of their own. */
export const NONE: readonly never[] = []

/** A room as a connection has joined it. A list: nearly everybody is in few, and a map of one takes four times the memory. */
export function joinedIn({ rooms }: Visit, room: string): Joined | undefined {
  return rooms.find((joined) => joined.room === room)
}

/** All connections of this node, by connection and by person. */
export class Visits {
  readonly #all = new Map<string, Visit>()
  // Arrays: nearly everybody has one connection, and a set of one takes five times the memory.
  readonly #of = new Map<string, readonly Visit[]>()

  get size(): number {
    return this.#all.size
  }

  /** People with at least one connection. */
  get people(): number {
    return this.#of.size
  }

  add(visit: Visit): void {
    this.#all.set(visit.connection.id, visit)
    this.#of.set(visit.user.id, [...this.of(visit.user.id), visit])
  }

  /** @returns whether it was the person's last */
  remove(visit: Visit): boolean {
    this.#all.delete(visit.connection.id)
    const others = this.of(visit.user.id).filter((one) => one !== visit)
    if (others.length > 0) this.#of.set(visit.user.id, others)
    else this.#of.delete(visit.user.id)
    return others.length === 0
  }

  get(connection: Connection): Visit | undefined {
    return this.#all.get(connection.id)
  }

  /** As they are now: what comes or goes meanwhile changes another list. */
  of(user: string): readonly Visit[] {
    return this.#of.get(user) ?? []
  }

  isOnline(user: string): boolean {
    return this.#of.has(user)
  }

  /** The session of each connection, those with several connections several times. */
  *sessions(): Iterable<string> {
    for (const { session } of this.#all.values()) yield session
  }

  all(): Iterable<Visit> {
    return this.#all.values()
  }

  /** Sends to every connection of a person that has said hello, but one. */
  tell(user: string, frame: ServerFrame, but?: Connection): void {
    for (const { connection, greeted } of this.of(user))
      if (greeted && connection !== but) connection.send(frame)
  }
}
