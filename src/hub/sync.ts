import { CLOSE } from '../shared/errors.ts'
import { LIMITS } from '../shared/limits.ts'
import type { Role, RoomEvent } from '../shared/model.ts'
import type { ResetReason, You } from '../shared/protocol.ts'
import type { Feed } from './feed.ts'
import type { Reads } from './notify.ts'
import type { Clock, Log, RoomRow, Store } from './ports.ts'
import { RecentPages } from './pages.ts'
import type { Presence } from './presence.ts'
import { Buckets } from './rate.ts'
import { Tallies } from './tallies.ts'
import { unreadOf } from './unread.ts'
import { joinedIn, NONE, type Visit } from './visits.ts'

/** A room somebody is to be sent from a position on. */
export interface Pages {
  readonly room: string
  readonly ref?: string
  /** null: there is no such room, or it is not open to them */
  readonly role: Role | null
  /** the position they hold */
  readonly seq: number
  readonly id: string | null
  /** left again: nothing more is sent */
  stopped: boolean
}

interface Deps {
  store: Pick<Store, 'room' | 'events' | 'idAt' | 'startOf' | 'unread' | 'tally'>
  feed: Feed
  presence: Presence
  reads: Reads
  clock: Clock
  log: Log
}

/** Bytes of pages a person is sent, in all their connections (S39). */
const PACE = { perSecond: 1024 * 1024, burst: 8 * 1024 * 1024 }

/**
 * Brings connections up to date: each room from the position held, or by a `reset`, page by page; one page is under way a
 * connection. The room goes live in the turn in which its last page is sent, and that page reaches what was published.
 */
export class Sync {
  readonly #deps: Deps
  readonly #paces = new Buckets(PACE)
  readonly #pages: RecentPages
  readonly #tallies: Tallies

  constructor(deps: Deps) {
    this.#deps = deps
    this.#pages = new RecentPages(deps.store)
    this.#tallies = new Tallies(deps.store)
  }

  /** Each second. */
  tick(): void {
    this.#pages.tick()
    this.#tallies.tick()
  }

  /** Sends the room once what was asked before is sent. */
  begin(visit: Visit, pages: Pages): void {
    visit.pages = [...visit.pages, pages]
    if (visit.pages.length === 1) void this.#run(visit)
  }

  /** Nothing more of this room. */
  stop(visit: Visit, room: string): void {
    for (const pages of visit.pages) if (pages.room === room) pages.stopped = true
  }

  async #run(visit: Visit): Promise<void> {
    for (let pages = visit.pages[0]; pages && !visit.gone; pages = visit.pages[0]) {
      try {
        await this.#serve(visit, pages)
      } catch (error) {
        // Without its page the client cannot know where it stands. It comes back by its position.
        this.#deps.log.error('sync', error)
        visit.connection.close(CLOSE.overloaded, 'cannot read')
        return
      }
      visit.pages = visit.pages.length > 1 ? visit.pages.slice(1) : NONE
      if (visit.pages.length > 0) await this.#deps.clock.turn()
    }
  }

  async #serve(visit: Visit, pages: Pages): Promise<void> {
    const { store, feed } = this.#deps
    const { connection } = visit
    const { room, role } = pages
    const head = () => ({ room, ...(pages.ref !== undefined && { ref: pages.ref }) })
    const over = () => visit.gone || pages.stopped

    if (!(await this.#mayGoOn(visit)) || over()) return
    const row = await store.room(room)
    if (over()) return
    if (!row || !role) return connection.send({ type: 'reset', ...head(), reason: 'access' })
    const reason = pages.seq === 0 ? null : await this.#faultOf(row, pages)
    if (over()) return
    if (reason) connection.send({ type: 'reset', ...head(), reason, head: row.head, floor: row.floor })
    let after = reason || pages.seq === 0 ? await this.#pages.start(room, row.head) : pages.seq
    let impossible = 0

    for (;;) {
      if (!(await this.#mayGoOn(visit)) || over()) return
      const known = feed.head(room)
      const events = await this.#pages.read(room, after, Math.max(row.head, known))
      if (over()) return
      const from = after
      after = events.at(-1)?.seq ?? from
      this.#spend(visit, events)
      const readSeq = this.#readSeq(visit, room)
      const isNear = events.length === 0 || after >= Math.max(row.head, feed.head(room))
      const counts = isNear ? await this.#unread(visit, row, readSeq, { from, events }) : null
      if (over()) return

      // Nothing may be awaited from here to the end of the page: what is published meanwhile would be missed.
      const goal = Math.max(row.head, feed.head(room))
      // A head that was known before an empty page was read does not exist: a ring may lie, a backup be restored.
      const reached = after >= goal || (events.length === 0 && feed.head(room) === known)
      const page = { type: 'sync', ...head(), events, head: Math.max(goal, after), floor: row.floor } as const
      // What is counted must be what the pages brought: on screen each event behind them changes it.
      const isCounted = counts !== null && (counts.head <= after || counts.head === impossible)
      if (reached && isCounted && readSeq === this.#readSeq(visit, room)) {
        feed.reached(room, after)
        connection.follow(room)
        const joined = joinedIn(visit, room)
        if (joined) joined.live = true
        const { unread, mentions } = counts
        const you: You = { role, readSeq, unread, mentions }
        const members = this.#deps.presence.members(room, visit.user.id)
        return connection.send({ ...page, head: after, more: false, members, you })
      }
      impossible = events.length === 0 ? (counts?.head ?? 0) : 0
      if (events.length > 0) connection.send({ ...page, more: true })
      // Everybody else has a turn before the next page is read.
      await this.#deps.clock.turn()
    }
  }

  /** Why this position is none of ours, or null: then the events after it follow. */
  async #faultOf({ room, head, floor }: RoomRow, { seq, id }: Pages): Promise<ResetReason | null> {
    if (seq > head) return 'ahead'
    if ((await this.#deps.store.idAt(room, seq)) !== id) return 'diverged'
    return head - seq > LIMITS.resume || seq < floor - 1 ? 'tooOld' : null
  }

  /** Waits until little is unsent and the person's pace allows a page. @returns false if the socket has gone */
  async #mayGoOn({ connection, user }: Visit): Promise<boolean> {
    const ready = connection.ready()
    if (ready !== true && !(await ready)) return false
    const { clock } = this.#deps
    for (;;) {
      const wait = this.#paces.wait(user.id, clock.now())
      if (wait === 0) return true
      await clock.wait(wait)
    }
  }

  /** Takes what the page weighed, into debt if need be: what comes after it waits. */
  #spend({ user }: Visit, events: readonly RoomEvent[]): void {
    const bytes = events.reduce((sum, { text = '' }) => sum + 250 + text.length, 0)
    this.#paces.charge(user.id, this.#deps.clock.now(), bytes)
  }

  /** What is unread, and up to where it is counted. The store is asked where the last page alone, after `from`, cannot tell. */
  async #unread(
    { user }: Visit,
    row: RoomRow,
    readSeq: number,
    { from, events }: { from: number; events: readonly RoomEvent[] },
  ): ReturnType<Store['unread']> {
    const after = events.at(-1)?.seq ?? from
    const counts = readSeq >= from ? unreadOf(events, user, readSeq) : null
    if (counts) return { ...counts, head: after }
    const head = Math.max(row.head, this.#deps.feed.head(row.room), after)
    return await this.#tallies.unread(row, user, readSeq, head)
  }

  #readSeq({ user }: Visit, room: string): number {
    return this.#deps.reads.of(user.id, room)
  }
}
