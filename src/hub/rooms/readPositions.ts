import { LIMITS } from '../../shared/limits.ts'
import type { Feed } from '../messages/feed.ts'
import type { Log, Membership, Store } from '../ports.ts'
import type { Visits } from '../connections.ts'

/** One read position that has moved. `from`: where it was told to be; `by`: the connection that moved it last. */
export interface Moved {
  room: string
  user: string
  from: number
  seq: number
  by: string
}

/** How far somebody has read a room. */
interface Standing {
  readonly room: string
  seq: number
}

/** How far people have read. Kept in memory while they are online, written once a tick. */
export class Reads {
  readonly #store: Pick<Store, 'saveReads'>
  readonly #log: Log
  /** of each user, where they stand in their rooms: lists, for a map of one takes four times the memory */
  readonly #known = new Map<string, readonly Standing[]>()
  #moved = new Map<string, Moved>()
  #flushing: Promise<Moved[]> | null = null

  constructor(store: Pick<Store, 'saveReads'>, log: Log) {
    this.#store = store
    this.#log = log
  }

  /** What the store knows of somebody who enters a room. What moved meanwhile counts. */
  learn(user: string, { room, readSeq }: Membership): void {
    const seq = Math.max(readSeq, this.#moved.get(`${user} ${room}`)?.seq ?? 0)
    const known = this.#standing(user, room)
    if (known) known.seq = Math.max(known.seq, seq)
    else this.#known.set(user, [...(this.#known.get(user) ?? []), { room, seq }])
  }

  /** The last seq they have read; `stored` where they are not in the room. */
  of(user: string, room: string, stored = 0): number {
    return this.#standing(user, room)?.seq ?? Math.max(stored, this.#moved.get(`${user} ${room}`)?.seq ?? 0)
  }

  /** They read up to `seq`. Backwards, or beyond `head`: nothing happens. */
  read(user: string, room: string, seq: number, head: number, by: string): void {
    const known = this.#standing(user, room)
    if (!known || seq > head || seq <= known.seq) return
    const key = `${user} ${room}`
    this.#moved.set(key, { room, user, from: this.#moved.get(key)?.from ?? known.seq, seq, by })
    known.seq = seq
  }

  /** They left the room: what they had read counts no more. */
  leave(user: string, room: string): void {
    const others = this.#known.get(user)?.filter((known) => known.room !== room)
    if (others) this.#known.set(user, others)
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

  #standing(user: string, room: string): Standing | undefined {
    return this.#known.get(user)?.find((known) => known.room === room)
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
    const untold = new Map(this.#untold.map((one) => [`${one.user} ${one.room}`, one]))
    for (const one of await this.#deps.reads.flush()) {
      const key = `${one.user} ${one.room}`
      untold.set(key, { ...one, from: untold.get(key)?.from ?? one.from })
    }
    this.#untold = []
    for (const one of untold.values()) await this.#tell(one)
  }

  async #tell(moved: Moved): Promise<void> {
    const { visits, store, feed, log } = this.#deps
    const { room, user, from, seq, by } = moved
    // With so many events after the old position 1,000 may have been unread, from which no client subtracts.
    const isMany = feed.shown(room) - from >= LIMITS.unread
    const told = () => visits.of(user).filter((one) => one.greeted && (isMany || one.connection.id !== by))
    const [one] = told()
    if (!one) return
    try {
      const { head, ...counts } = await store.unread(room, one.user, seq)
      const shown = feed.shown(room)
      // What is counted before it is shown would be counted again on screen: another time, then.
      if (shown > 0 && head > shown) this.#untold.push(moved)
      else for (const { connection } of told()) connection.send({ type: 'read', room, seq, ...counts })
    } catch (error) {
      log.error('unread', error)
    }
  }
}
