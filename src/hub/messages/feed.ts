import { LIMITS } from '../../shared/limits.ts'
import type { RoomEvent } from '../../shared/model.ts'
import type { HubDeps } from '../ports.ts'

/** A room that at least one connection of this node has joined. */
interface OpenRoom {
  /** connections that have joined it */
  watchers: number
  /** the last seq that this node has published; null while nobody follows and nothing was published */
  shown: number | null
  /** the last events published, without a gap, and the bytes of each */
  readonly tail: { event: RoomEvent; bytes: number }[]
  tailBytes: number
  /** the last seq known to exist */
  head: number
  /** the read that is under way, or null */
  catchingUp: Promise<void> | null
}

/**
 * What this node has shown of each open room, and the only way from the log to a client: every event passes `show` once and
 * in seq order. Events in a gap (those of other nodes) are read before any event behind the gap is published.
 */
export class Feed {
  readonly #deps: HubDeps
  readonly #rooms = new Map<string, OpenRoom>()
  #sweeping = false

  constructor(deps: HubDeps) {
    this.#deps = deps
  }

  /** From here on no event of the room is missed. Call it before reading the log for a join. @param head as last read */
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
    if (open.watchers === 0) this.#rooms.delete(room)
  }

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
   * @returns null if the tail does not reach back that far: read the log first
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

  /** A connection follows the room from `seq` on: its pages reach up to there. */
  reached(room: string, seq: number): void {
    const open = this.#rooms.get(room)
    if (!open) return
    open.shown ??= seq
    open.head = Math.max(open.head, seq)
  }

  /** Publishes an event if it is the next one. An event shown before is ignored; one behind a gap is left to the sweep. */
  show(room: string, event: RoomEvent): void {
    const open = this.#rooms.get(room)
    if (!open) return
    open.head = Math.max(open.head, event.seq)
    if (open.shown !== null && event.seq !== open.shown + 1) return
    open.shown = event.seq
    const frame = JSON.stringify({ type: 'event', room, ...event })
    const bytes = Buffer.byteLength(frame)
    open.tail.push({ event, bytes })
    open.tailBytes += bytes
    while (open.tail.length > LIMITS.tail || open.tailBytes > LIMITS.tailBytes)
      open.tailBytes -= open.tail.shift()?.bytes ?? 0
    this.#deps.broadcast.publish(room, frame)
  }

  /** Reads the gaps before these events, so that `show` publishes all of them; null if there is no gap. Never rejects. */
  fillGaps(events: readonly { room: string; event: RoomEvent }[]): Promise<unknown> | null {
    const firsts = new Map(events.toReversed().map(({ room, event }) => [room, event]))
    const gaps = [...firsts].filter(([room, { seq }]) => {
      const shown = this.#rooms.get(room)?.shown
      return typeof shown === 'number' && seq > shown + 1
    })
    return gaps.length === 0 ? null : Promise.all(gaps.map(([room, { seq }]) => this.#catchUp(room, seq - 1)))
  }

  /** Rooms may have new heads: publishes what this node has not shown. Never rejects. */
  async headsMoved(heads: ReadonlyMap<string, number>): Promise<void> {
    await Promise.all([...heads].map(([room, head]) => this.#catchUp(room, head)))
  }

  /** Compares the heads of all open rooms with what was shown. One sweep at a time; never rejects. */
  async sweep(): Promise<void> {
    if (this.#sweeping || this.#rooms.size === 0) return
    this.#sweeping = true
    try {
      await this.headsMoved(await this.#deps.store.heads([...this.#rooms.keys()]))
    } catch (error) {
      this.#deps.log.error('sweep', error)
    } finally {
      this.#sweeping = false
    }
  }

  /** Reads until `head` is shown or there is nothing more to read, one read per room at a time. */
  async #catchUp(room: string, head: number): Promise<void> {
    const open = this.#rooms.get(room)
    if (!open) return
    open.head = Math.max(open.head, head)
    // While `shown` is null nobody follows yet, and a connection that is joining reads up to `head` itself.
    while (open.shown !== null && open.shown < head) {
      // A read under way may have begun before `head` was stored: wait for it, then read on.
      if (open.catchingUp) await open.catchingUp
      else {
        const before = open.shown
        open.catchingUp = this.#read(room, open).finally(() => (open.catchingUp = null))
        await open.catchingUp
        if (open.shown === before) return
      }
    }
  }

  async #read(room: string, open: OpenRoom): Promise<void> {
    try {
      for (const event of await this.#deps.store.events(room, open.shown ?? 0, LIMITS.pageEvents))
        if (this.#rooms.get(room) === open) this.show(room, event)
    } catch (error) {
      this.#deps.log.error('catch up', error)
    }
  }
}
