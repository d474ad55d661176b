import type { Feed } from './feed.ts'
import type { Log, Membership, Store } from './ports.ts'
import type { Visits } from './visits.ts'

/** One read position that has moved. `by`: the connection that moved it last. */
export interface Moved {
  room: string
  user: string
  seq: number
  by: string
}

/** How far people have read. Kept in memory while they are online, written once a tick. */
export class Reads {
  readonly #store: Pick<Store, 'saveReads'>
  readonly #log: Log
  /** user → room → seq */
  readonly #known = new Map<string, Map<string, number>>()
  #moved = new Map<string, Moved>()
  #flushing: Promise<Moved[]> | null = null

  constructor(store: Pick<Store, 'saveReads'>, log: Log) {
    this.#store = store
    this.#log = log
  }

  /** What the store knows of somebody who enters a room. What moved meanwhile counts. */
  learn(user: string, { room, readSeq }: Membership): void {
    const rooms = this.#known.get(user) ?? new Map<string, number>()
    const moved = this.#moved.get(`${user} ${room}`)?.seq ?? 0
    this.#known.set(user, rooms.set(room, Math.max(readSeq, moved, rooms.get(room) ?? 0)))
  }

  /** The last seq they have read; `stored` where they are not in the room. */
  of(user: string, room: string, stored = 0): number {
    return this.#known.get(user)?.get(room) ?? Math.max(stored, this.#moved.get(`${user} ${room}`)?.seq ?? 0)
  }

  /** They read up to `seq`. Backwards, or beyond `head`: nothing happens. */
  read(user: string, room: string, seq: number, head: number, by: string): void {
    const rooms = this.#known.get(user)
    if (!rooms || seq > head || seq <= (rooms.get(room) ?? 0)) return
    rooms.set(room, seq)
    this.#moved.set(`${user} ${room}`, { room, user, seq, by })
  }

  /** They left the room: what they had read counts no more. */
  leave(user: string, room: string): void {
    this.#known.get(user)?.delete(room)
    this.#moved.delete(`${user} ${room}`)
  }

  /** Their last connection ended. What is not written yet is kept until it is. */
  forget(user: string): void {
    this.#known.delete(user)
  }

  /** Writes what has moved. @returns what was written; nothing if the disk refused, then it is tried again. Never rejects. */
  flush(): Promise<Moved[]> {
    this.#flushing ??= this.#write().finally(() => (this.#flushing = null))
    return this.#flushing
  }

  async #write(): Promise<Moved[]> {
    const moved = [...this.#moved.values()]
    if (moved.length === 0) return []
    try {
      await this.#store.saveReads(moved.map(({ room, user, seq }) => ({ room, user, seq })))
    } catch (error) {
      this.#log.error('save reads', error)
      return []
    }
    for (const one of moved) {
      const key = `${one.user} ${one.room}`
      if (this.#moved.get(key) === one) this.#moved.delete(key)
    }
    return moved
  }
}

interface NewsDeps {
  reads: Reads
  visits: Visits
  store: Pick<Store, 'unread'>
  feed: Pick<Feed, 'shown'>
  log: Log
}

/** Tells the other screens of a person how far they have read, and what is left there. */
export class ReadNews {
  readonly #deps: NewsDeps
  #untold: Moved[] = []

  constructor(deps: NewsDeps) {
    this.#deps = deps
  }

  /** Writes what has moved, and tells of it. Never rejects. */
  async tell(): Promise<void> {
    const moved = await this.#deps.reads.flush()
    const before = this.#untold.filter(
      (old) => !moved.some(({ user, room }) => user === old.user && room === old.room),
    )
    this.#untold = []
    for (const one of [...before, ...moved]) await this.#tell(one)
  }

  async #tell(moved: Moved): Promise<void> {
    const { visits, store, feed, log } = this.#deps
    const { room, user, seq, by } = moved
    const [one] = visits.of(user)
    if (!one) return
    try {
      const { head, ...counts } = await store.unread(room, one.user, seq)
      const shown = feed.shown(room)
      // What is counted before it is shown would be counted again on screen: another time, then.
      if (shown > 0 && head > shown) this.#untold.push(moved)
      else
        for (const { greeted, connection } of visits.of(user))
          if (greeted && connection.id !== by) connection.send({ type: 'read', room, seq, ...counts })
    } catch (error) {
      log.error('unread', error)
    }
  }
}
