import { LIMITS } from '../../shared/limits.ts'
import type { RoomEvent } from '../../shared/model.ts'
import type { Broadcast, Log, Store } from '../ports.ts'

/** A room that somebody here has joined. */
interface OpenRoom {
  /** connections that have joined it */
  watchers: number
  /** the last seq this node has published; null while nobody follows and nothing was said */
  shown: number | null
  /** the last events published, without a hole, and the bytes of each */
  readonly tail: { event: RoomEvent; bytes: number }[]
  tailBytes: number
  /** the last seq known to exist */
  head: number
  /** the reading under way */
  catchingUp: Promise<void> | null
}

/**
 * What this node has shown of each open room, and the only way from the log to a screen: every event passes `show`, in seq
 * order and once. What lies in a hole (other nodes' events) is read before anything behind it is published.
 */
export class Feed {
  readonly #store: Pick<Store, 'events' | 'heads'>
  readonly #broadcast: Broadcast
  readonly #log: Log
  readonly #rooms = new Map<string, OpenRoom>()
  #sweeping = false

  constructor(store: Pick<Store, 'events' | 'heads'>, broadcast: Broadcast, log: Log) {
    this.#store = store
    this.#broadcast = broadcast
    this.#log = log
  }

  /** From here on nothing of the room is missed: called before its log is read for somebody who joins. `head`: as last read. */
  watch(room: string, head: number): void {
    const open = this.#rooms.get(room)
    if (open) open.watchers += 1
    else this.#rooms.set(room, { watchers: 1, shown: null, tail: [], tailBytes: 0, head, catchingUp: null })
  }

  /** Undoes one `watch`. */
  unwatch(room: string): void {
    const open = this.#rooms.get(room)
    if (!open) return
    open.watchers -= 1
    if (open.watchers <= 0) this.#rooms.delete(room)
  }

  /** Connections that have joined it. */
  watchers(room: string): number {
    return this.#rooms.get(room)?.watchers ?? 0
  }

  /** The last seq published; 0 if none. */
  shown(room: string): number {
    return this.#rooms.get(room)?.shown ?? 0
  }

  /** The last seq known to exist; 0 if none, or if nobody has the room open. */
  head(room: string): number {
    return this.#rooms.get(room)?.head ?? 0
  }

  /**
   * Events published after `seq`, from memory. The caller must send them in this turn.
   * @returns null if the tail does not reach back that far: read the log first. Before anything was published, that is up to `head`
   */
  since(room: string, seq: number): RoomEvent[] | null {
    const open = this.#rooms.get(room)
    if (!open) return []
    const { shown, head, tail } = open
    if (seq >= (shown ?? head)) return []
    const first = tail[0]
    if (shown === null || first === undefined || seq < first.event.seq - 1) return null
    return tail.slice(seq + 1 - first.event.seq).map(({ event }) => event)
  }

  /** Somebody follows from `seq` on: their pages reached it. */
  reached(room: string, seq: number): void {
    const open = this.#rooms.get(room)
    if (!open) return
    open.shown ??= seq
    open.head = Math.max(open.head, seq)
  }

  /** Publishes an event if it is the next one. Shown before: nothing. Beyond a hole: nothing, the sweep comes for it. */
  show(room: string, event: RoomEvent): void {
    const open = this.#rooms.get(room)
    if (!open) return
    open.head = Math.max(open.head, event.seq)
    if (open.shown !== null && event.seq !== open.shown + 1) return
    open.shown = event.seq
    const frame = JSON.stringify({ type: 'event', room, ...event })
    this.#keep(open, event, Buffer.byteLength(frame))
    this.#broadcast.publish(room, frame)
  }

  #keep(open: OpenRoom, event: RoomEvent, bytes: number): void {
    open.tail.push({ event, bytes })
    open.tailBytes += bytes
    while (open.tail.length > LIMITS.tail || open.tailBytes > LIMITS.tailBytes)
      open.tailBytes -= open.tail.shift()?.bytes ?? 0
  }

  /** Reads whatever lies before these events, so that `show` publishes all of them; null where nothing does. Never rejects. */
  fill(firsts: ReadonlyMap<string, number>): Promise<unknown> | null {
    const holes = [...firsts].filter(([room, seq]) => {
      const shown = this.#rooms.get(room)?.shown
      return typeof shown === 'number' && seq > shown + 1
    })
    if (holes.length === 0) return null
    return Promise.all(holes.map(([room, seq]) => this.#catchUp(room, seq - 1)))
  }

  /** There are rooms with new heads, or may be: publishes what this node has not shown. Never rejects. */
  async headsMoved(heads: ReadonlyMap<string, number> | 'unknown'): Promise<void> {
    if (heads === 'unknown') return await this.sweep()
    await Promise.all([...heads].map(([room, head]) => this.#catchUp(room, head)))
  }

  /** Compares the heads of all open rooms with what was shown. One sweep at a time; never rejects. */
  async sweep(): Promise<void> {
    if (this.#sweeping || this.#rooms.size === 0) return
    this.#sweeping = true
    try {
      const heads = await this.#store.heads([...this.#rooms.keys()])
      await Promise.all([...heads].map(([room, head]) => this.#catchUp(room, head)))
    } catch (error) {
      this.#log.error('sweep', error)
    } finally {
      this.#sweeping = false
    }
  }

  /** One reading a room at a time, until `head` is shown or there is nothing more to read. */
  async #catchUp(room: string, head: number): Promise<void> {
    const open = this.#rooms.get(room)
    if (!open) return
    open.head = Math.max(open.head, head)
    // null: nobody follows yet, and whoever is joining reads until `head`.
    while (open.shown !== null && open.shown < head) {
      if (open.catchingUp) {
        // It may have been read before `head` was there: what it brings is looked at, and then read on.
        await open.catchingUp
        continue
      }
      const before = open.shown
      open.catchingUp = this.#read(room, open).finally(() => (open.catchingUp = null))
      await open.catchingUp
      if (open.shown === before) return
    }
  }

  async #read(room: string, open: OpenRoom): Promise<void> {
    try {
      for (const event of await this.#store.events(room, open.shown ?? 0, LIMITS.pageEvents))
        if (this.#rooms.get(room) === open) this.show(room, event)
    } catch (error) {
      this.#log.error('catch up', error)
    }
  }
}
