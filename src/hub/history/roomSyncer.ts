import { CLOSE } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import { notifiedBy } from '../../shared/mentions.ts'
import type { Message, RoomEvent } from '../../shared/model.ts'
import { strongerOf } from '../../shared/policy.ts'
import type { FirstPage, MissedPage, ClientFrameOf, ResetReason, You } from '../../shared/protocol.ts'
import type { ClientConnection, EnteredRoom, SyncRequest } from '../connections.ts'
import type { Feed } from '../messages/feed.ts'
import type { HubDeps, Membership, RoomRow, UnreadAtHead } from '../ports.ts'
import type { PresenceTracker } from '../presence/presence.ts'
import { Buckets } from '../rateLimit.ts'
import type { ReadPositions } from '../rooms/readPositions.ts'
import { firstPageJson, PageCache } from './pageCache.ts'

interface RoomSyncerDeps extends HubDeps {
  feed: Feed
  presence: PresenceTracker
  readPositions: ReadPositions
}

/** Bytes of pages that one person is sent, over all their connections (S39). */
const SEND_RATE = { perSecond: 1024 * 1024, burst: 8 * 1024 * 1024 }
/** A cached first page is used while at most this many events follow it. */
const MAX_APPENDED_EVENTS = 50
/** While the room moves on, an unread count is repeated at most this many times; then it is sent as it is. */
const MAX_RECOUNTS = 20
/** Estimated bytes of a frame without its lists, of an event without its text, of a mention, and of a person in `members`. */
const FRAME_BYTES = 512
const EVENT_BYTES = 250
const MENTION_BYTES = 75
const MEMBER_BYTES = 100

/** A position in a room, as `hello` and `join` name it. */
type RequestedPosition = Partial<Pick<ClientFrameOf<'join'>, 'seq' | 'id' | 'limit' | 'ref'>>

/** A read position, and the unread count after it. */
type CountedPosition = UnreadAtHead & Pick<You, 'readSeq'>

/**
 * Lets connections enter rooms and brings each room up to date, for a connection one page at a time. A room goes live in the
 * turn that sends its last page; events that were published after the store was read come from the feed's tail.
 */
export class RoomSyncer {
  readonly #deps: RoomSyncerDeps
  readonly #sendBudgets = new Buckets(SEND_RATE)
  readonly #pageCache: PageCache

  constructor(deps: RoomSyncerDeps) {
    this.#deps = deps
    this.#pageCache = new PageCache(deps.store)
  }

  /** Each second: newcomers read their first pages anew. */
  tick(): void {
    this.#pageCache.clear()
  }

  /** Enters the rooms that `hello` names; a room that the person is not a member of gets `reset "access"`. Never rejects. */
  async enterAll(connection: ClientConnection, requested: ClientFrameOf<'hello'>['rooms']): Promise<void> {
    const { store, log } = this.#deps
    try {
      if (requested.length === 0) return
      const memberships = await store.memberships(connection.user.id)
      const rows = await Promise.all(requested.map(({ room }) => store.room(room)))
      requested.forEach(({ room, ...position }, at) => {
        const row = rows[at]
        const membership = memberships.find((each) => each.room === room)
        if (row && membership) this.enter(connection, membership, row, position)
        else this.#enqueue(connection, { room, entered: null, seq: 0, id: null, limit: 0 })
      })
    } catch (error) {
      // No frame could say which rooms are missing. The client reconnects and resumes from its positions.
      log.error('hello', error)
      connection.socket.close(CLOSE.overloaded, 'cannot read')
    }
  }

  /** From this call on the room counts as joined; its pages follow by themselves. */
  enter(
    connection: ClientConnection,
    membership: Membership,
    row: RoomRow,
    { seq = 0, id = null, limit = LIMITS.firstMessages, ref }: RequestedPosition,
  ): void {
    if (connection.lifecycle.state === 'closed') return
    const { feed, presence, readPositions, clock } = this.#deps
    const { user } = connection
    const { room, head } = row
    const role = strongerOf(user.role, membership.role)
    const before = connection.rooms.get(room)
    connection.rooms.set(room, { role, state: before?.state ?? 'syncing' })
    if (!before) {
      feed.watch(room, head)
      presence.enter(room, user, clock.elapsed())
    }
    readPositions.learn(user.id, membership)
    this.#enqueue(connection, { room, ref, entered: { ...row, role }, seq, id, limit })
  }

  /** One connection leaves a room, and gets nothing more of it. The caller updates presence. */
  leave({ socket, rooms, syncs }: ClientConnection, room: string): void {
    for (const request of syncs) if (request.room === room) request.cancelled = true
    socket.unfollow(room)
    if (rooms.delete(room)) this.#deps.feed.unwatch(room)
  }

  /** Brings a room up to date after the requests before this one. */
  #enqueue(connection: ClientConnection, request: SyncRequest): void {
    connection.syncs.push(request)
    if (connection.syncs.length === 1) void this.#run(connection)
  }

  async #run(connection: ClientConnection): Promise<void> {
    const { syncs, socket } = connection
    for (let request = syncs[0]; request && connection.lifecycle.state !== 'closed'; request = syncs[0]) {
      try {
        await this.#serve(connection, request)
      } catch (error) {
        // Without the page the client has a hole. It reconnects and resumes from its position.
        this.#deps.log.error('sync', error)
        socket.close(CLOSE.overloaded, 'cannot read')
        return
      }
      syncs.shift()
      if (syncs.length > 0) await this.#deps.clock.turn()
    }
  }

  async #serve(connection: ClientConnection, request: SyncRequest): Promise<void> {
    const { socket } = connection
    const { entered } = request
    if (!(await this.#waitForCapacity(connection)) || isOver(connection, request)) return
    if (!entered) return socket.send({ type: 'reset', ...roomAndRef(request), reason: 'access' })
    const reason = request.seq === 0 ? null : await this.#resetReasonOf(entered, request)
    if (isOver(connection, request)) return
    const { head, floor } = entered
    if (reason) socket.send({ type: 'reset', ...roomAndRef(request), reason, head, floor })
    if (reason || request.seq === 0) await this.#sendFirst(connection, request, entered)
    else await this.#sendMissed(connection, request, entered)
  }

  /** One frame: the newest messages, and the events after them. */
  async #sendFirst(connection: ClientConnection, request: SyncRequest, row: EnteredRoom): Promise<void> {
    const { feed, store, clock } = this.#deps
    const { room, limit } = request
    for (let tries = 0; ; tries += 1) {
      if (!(await this.#waitForCapacity(connection)) || isOver(connection, request)) return
      const known = feed.head(room)
      const read = this.#pageCache.newest(room, limit)
      const page = await read.page
      if (page === null) throw new Error('a room that was there is gone')
      const { at, floor, messages, older, json, reacted } = page
      const mine = reacted.length > 0 ? await store.mine(connection.user.id, reacted) : null
      const counted = await this.#countUnread(connection, room, at.seq)
      if (isOver(connection, request)) return

      // Nothing may be awaited from here to the end of the page: what is published meanwhile would be missed.
      // If a fresh read ends below the known head, the events between do not exist: a doorbell may err, a log may be cut.
      const events = read.isFresh && at.seq < known ? [] : feed.since(room, at.seq)
      if (events !== null && floor >= row.floor && (read.isFresh || canExtend(events))) {
        const last = events.at(-1)?.seq ?? at.seq
        const you = this.#youAt(last, connection, row, counted, events, tries)
        if (you) {
          const end = this.#goLive(connection, request, { events, head: last, floor, you }, json.length)
          const page: FirstPage = {
            ...end,
            at,
            messages,
            older,
            ...(mine && mine.size > 0 && { mine: Object.fromEntries(mine) }),
          }
          return connection.socket.send(page, firstPageJson(page, json))
        }
      } else read.drop()
      await clock.turn()
    }
  }

  /** The events after the client's position, page by page. */
  async #sendMissed(connection: ClientConnection, request: SyncRequest, row: EnteredRoom): Promise<void> {
    const { store, feed, clock } = this.#deps
    const { room } = request
    const { floor } = row
    let after = request.seq
    for (let tries = 0; ;) {
      if (!(await this.#waitForCapacity(connection)) || isOver(connection, request)) return
      const known = Math.max(row.head, feed.head(room))
      const events = await store.events(room, after, LIMITS.pageEvents)
      const readTo = events.at(-1)?.seq ?? after
      let moreFollow = readTo < known && events.length > 0
      if (!moreFollow) {
        const counted = await this.#countUnread(connection, room, readTo)
        if (isOver(connection, request)) return

        // Nothing may be awaited from here to the last page: what is published meanwhile would be missed.
        const later = readTo < known ? [] : feed.since(room, readTo)
        const page = [...events, ...(later ?? [])]
        const last = page.at(-1)?.seq ?? after
        const fits = page.length === events.length || fitsOnePage(page)
        const you = later && fits ? this.#youAt(last, connection, row, counted, page, tries) : null
        if (you) {
          const end = { events: page, head: last, floor, you }
          return connection.socket.send(this.#goLive(connection, request, end))
        }
        tries += 1
        moreFollow = events.length > 0 && (!fits || events.length >= LIMITS.pageEvents)
      }
      if (isOver(connection, request)) return
      if (moreFollow) {
        this.#spend(connection, estimatedBytes(events))
        const head = Math.max(known, feed.head(room))
        connection.socket.send({ type: 'sync', ...roomAndRef(request), events, head, floor, more: true })
        after = readTo
      }
      // Other work has a turn before the next page is read.
      await clock.turn()
    }
  }

  /**
   * From this turn on the connection gets what is published after the page. The caller must send the page in this turn too.
   * @param bytes of the page beside its events and people
   * @returns the last page, with the people in the room
   */
  #goLive(
    connection: ClientConnection,
    request: SyncRequest,
    page: Pick<MissedPage, 'events' | 'head' | 'floor'> & { you: You },
    bytes = 0,
  ) {
    const { feed, presence } = this.#deps
    const { room, limit } = request
    feed.reached(room, page.head)
    connection.socket.follow(room)
    const joined = connection.rooms.get(room)
    if (joined) joined.state = 'live'
    const all = presence.members(room, connection.user.id)
    const members = limit === 0 ? { ...all, full: [] } : all
    this.#spend(connection, bytes + estimatedBytes(page.events) + MEMBER_BYTES * members.full.length)
    return { type: 'sync', ...roomAndRef(request), ...page, more: false, members } as const
  }

  /** Why the client cannot go on from its position, or null: then the events after it follow. */
  async #resetReasonOf(
    { room, head, floor }: RoomRow,
    { seq, id }: SyncRequest,
  ): Promise<ResetReason | null> {
    if (seq > head) return 'ahead'
    if ((await this.#deps.store.idAt(room, seq)) !== id) return 'diverged'
    return head - seq > LIMITS.resume || seq < floor - 1 ? 'tooOld' : null
  }

  /** Waits until the socket has little unsent and the person may be sent a page. @returns false if the socket is closed */
  async #waitForCapacity({ socket, user }: ClientConnection): Promise<boolean> {
    const ready = socket.ready()
    if (ready !== true && !(await ready)) return false
    const { clock } = this.#deps
    for (;;) {
      const wait = this.#sendBudgets.wait(user.id, clock.elapsed())
      if (wait === 0) return true
      await clock.wait(wait)
    }
  }

  /** Charges the person for bytes that were sent, into debt if need be: then the next page waits. */
  #spend({ user }: ClientConnection, bytes: number): void {
    this.#sendBudgets.charge(user.id, this.#deps.clock.elapsed(), bytes + FRAME_BYTES)
  }

  /** The unread count; no query if nothing follows the read position. @param seq the last one loaded from the log */
  async #countUnread({ user }: ClientConnection, room: string, seq: number): Promise<CountedPosition> {
    const { store, feed, readPositions } = this.#deps
    const readSeq = readPositions.seqOf(user.id, room)
    const head = Math.max(seq, feed.head(room))
    if (readSeq >= head) return { readSeq, unread: 0, mentions: 0, head }
    return { readSeq, ...(await store.unread(room, user.id, readSeq)) }
  }

  /**
   * `you` at the end of a page. The client itself counts what follows the page, so our count must end where the page ends.
   * @param last the page's last seq
   * @param events of the page: those after the counted `head` are added to the count
   * @returns null if the room or the read position has moved on: count again
   */
  #youAt(
    last: number,
    { user }: ClientConnection,
    { room, role }: EnteredRoom,
    { readSeq, unread, mentions, head }: CountedPosition,
    events: readonly RoomEvent[],
    tries: number,
  ): You | null {
    const later = events.filter(({ seq }) => seq > head)
    const isExact =
      head <= last &&
      readSeq === this.#deps.readPositions.seqOf(user.id, room) &&
      later.every(({ kind }) => kind !== 'edit' && kind !== 'delete')
    if (!isExact && tries < MAX_RECOUNTS) return null
    const added = messagesOfOthers(later, user.id, readSeq)
    const isMention = ({ mentions: named = [], user: author }: Message) =>
      notifiedBy(named, author.id).includes(user.id)
    return {
      role,
      readSeq,
      unread: Math.min(LIMITS.unread, unread + added.length),
      mentions: Math.min(LIMITS.unread, mentions + added.filter(isMention).length),
    }
  }
}

function isOver(connection: ClientConnection, request: SyncRequest): boolean {
  return connection.lifecycle.state === 'closed' || request.cancelled === true
}

/** The room, and the `ref` of the request that is answered. */
function roomAndRef({ room, ref }: SyncRequest): { room: string; ref?: string } {
  return { room, ...(ref !== undefined && { ref }) }
}

/** May these events be appended to a cached page? Not after an edit or delete: the page still has the old text. */
function canExtend(events: readonly RoomEvent[]): boolean {
  return (
    events.length <= MAX_APPENDED_EVENTS && events.every(({ kind }) => kind !== 'delete' && kind !== 'edit')
  )
}

function messagesOfOthers(events: readonly RoomEvent[], me: string, after: number): Message[] {
  return events
    .filter((event) => event.kind === 'message')
    .filter(({ seq, user, gone }) => seq > after && user.id !== me && !gone)
}

function fitsOnePage(events: readonly RoomEvent[]): boolean {
  return events.length <= LIMITS.pageEvents && Buffer.byteLength(JSON.stringify(events)) <= LIMITS.pageBytes
}

function estimatedBytes(events: readonly RoomEvent[]): number {
  const mentionsOf = (event: RoomEvent) => ('mentions' in event && event.mentions?.length) || 0
  return events.reduce(
    (sum, event) => sum + EVENT_BYTES + (event.text?.length ?? 0) + MENTION_BYTES * mentionsOf(event),
    0,
  )
}
