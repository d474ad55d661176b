import { LIMITS } from '../../shared/limits.ts'
import type { ConnectionRegistry } from '../connections.ts'
import type { Feed } from '../messages/feed.ts'
import type { Log, Membership, Store } from '../ports.ts'

/** A read position that has moved. */
interface MovedPosition {
  room: string
  user: string
  /** the position that the person's connections know */
  toldSeq: number
  seq: number
  /** the connection that moved it last */
  connectionId: string
}

const keyOf = (user: string, room: string) => `${user} ${room}`

/** How far people have read. Kept in memory while they are online, written once a tick. */
export class ReadPositions {
  readonly #store: Pick<Store, 'saveReads'>
  readonly #log: Log
  /** user → room → the last seq that they have read */
  readonly #positions = new Map<string, Map<string, number>>()
  /** not saved yet */
  readonly #moved = new Map<string, MovedPosition>()
  #flushing: Promise<MovedPosition[]> | null = null

  constructor(store: Pick<Store, 'saveReads'>, log: Log) {
    this.#store = store
    this.#log = log
  }

  /** Takes the stored position of a person who enters a room. A position that is not saved yet stays. */
  learn(user: string, { room, readSeq }: Membership): void {
    const rooms = this.#positions.get(user) ?? new Map<string, number>()
    this.#positions.set(user, rooms.set(room, Math.max(readSeq, this.seqOf(user, room))))
  }

  /** The last seq that the person has read; 0 if they are not in the room. */
  seqOf(user: string, room: string): number {
    return this.#positions.get(user)?.get(room) ?? this.#moved.get(keyOf(user, room))?.seq ?? 0
  }

  /** Moves a position up to `seq`. Backwards, or beyond `head`: nothing happens. */
  advance(user: string, room: string, seq: number, head: number, connectionId: string): void {
    const rooms = this.#positions.get(user)
    const before = rooms?.get(room)
    if (rooms === undefined || before === undefined || seq > head || seq <= before) return
    rooms.set(room, seq)
    const key = keyOf(user, room)
    const toldSeq = this.#moved.get(key)?.toldSeq ?? before
    this.#moved.set(key, { room, user, toldSeq, seq, connectionId })
  }

  /** The person has left the room: drops the position. */
  leave(user: string, room: string): void {
    this.#positions.get(user)?.delete(room)
    this.#moved.delete(keyOf(user, room))
  }

  /** The person's last connection has ended. Positions that are not saved yet are kept until they are. */
  forget(user: string): void {
    this.#positions.delete(user)
  }

  /** Saves what has moved. @returns what was saved; nothing if the disk failed: the next flush retries. Never rejects. */
  flush(): Promise<MovedPosition[]> {
    this.#flushing ??= this.#write().finally(() => (this.#flushing = null))
    return this.#flushing
  }

  async #write(): Promise<MovedPosition[]> {
    const moved = [...this.#moved.values()]
    if (moved.length === 0) return []
    try {
      await this.#store.saveReads(moved.map(({ room, user, seq }) => ({ room, user, seq })))
    } catch (error) {
      this.#log.error('save reads', error)
      return []
    }
    for (const position of moved) {
      const key = keyOf(position.user, position.room)
      if (this.#moved.get(key) === position) this.#moved.delete(key)
    }
    return moved
  }
}

interface ReadBroadcasterDeps {
  readPositions: ReadPositions
  connections: ConnectionRegistry
  store: Pick<Store, 'unread'>
  feed: Pick<Feed, 'shown'>
  log: Log
}

/** Sends a person's other connections their new read position and the unread count after it. */
export class ReadBroadcaster {
  readonly #deps: ReadBroadcasterDeps
  #pending: MovedPosition[] = []

  constructor(deps: ReadBroadcasterDeps) {
    this.#deps = deps
  }

  /** Writes the positions that have moved, then broadcasts them. Never rejects. */
  async broadcast(): Promise<void> {
    const pending = new Map(this.#pending.map((moved) => [keyOf(moved.user, moved.room), moved]))
    for (const moved of await this.#deps.readPositions.flush()) {
      const key = keyOf(moved.user, moved.room)
      pending.set(key, { ...moved, toldSeq: pending.get(key)?.toldSeq ?? moved.toldSeq })
    }
    this.#pending = []
    for (const moved of pending.values()) await this.#broadcastOne(moved)
  }

  async #broadcastOne(moved: MovedPosition): Promise<void> {
    const { connections, store, feed, log } = this.#deps
    const { room, user, toldSeq, seq, connectionId } = moved
    // The old count may have been capped at 1,000. The reading client cannot subtract from that, so it needs the count too.
    const wasCapped = feed.shown(room) - toldSeq >= LIMITS.unread
    const listeners = () =>
      connections.greetedOf(user).filter(({ socket }) => wasCapped || socket.id !== connectionId)
    const [first] = listeners()
    if (!first) return
    try {
      const { head, ...counts } = await store.unread(room, first.user, seq)
      const shown = feed.shown(room)
      // The client counts events as they are shown. If the store is ahead of the feed, wait until the feed has caught up.
      if (shown > 0 && head > shown) this.#pending.push(moved)
      else for (const { socket } of listeners()) socket.send({ type: 'read', room, seq, ...counts })
    } catch (error) {
      log.error('unread', error)
    }
  }
}
