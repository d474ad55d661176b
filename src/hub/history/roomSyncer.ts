import { CLOSE } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { HistoryMessage, ReactionCount, RoomEvent, User } from '../../shared/model.ts'
import type { Members, ResetReason } from '../../shared/protocol.ts'
import type { Feed } from '../messages/feed.ts'
import type { ReadPositions } from '../rooms/readPositions.ts'
import type { Clock, Log, RoomRow, Store, UnreadAtHead } from '../ports.ts'
import { type MeasuredMessages, PageCache, measured } from './pageCache.ts'
import type { PresenceTracker } from '../presence/presence.ts'
import { Buckets } from '../rateLimit.ts'
import { UnreadCache } from './unreadCache.ts'
import { type UnreadCounts, unreadOfPage } from './unreadOfPage.ts'
import { EMPTY, joinedIn, type ClientConnection, type EnteredRoom, type SyncRequest } from '../connections.ts'

interface RoomSyncerDeps {
  store: Pick<Store, 'events' | 'newest' | 'mine' | 'idAt' | 'unread' | 'tally'>
  feed: Feed
  presence: PresenceTracker
  readPositions: ReadPositions
  clock: Clock
  log: Log
}

/** Bytes of pages a person is sent, in all their connections (S39). */
const SEND_RATE = { perSecond: 1024 * 1024, burst: 8 * 1024 * 1024 }
/** A cached first page is used while at most this many events follow it. */
const MOST_EVENTS_AFTER = 50
/** How often an unread count is retried before it is sent as it is. */
const MAX_RECOUNTS = 20
/** Bytes of a frame besides its messages and events, and of one person in `members`. */
const FRAME_BYTES = 512
const MEMBER_BYTES = 100

/**
 * Brings each room up to date, one page at a time per connection. The room goes live in the turn that sends its last page;
 * events the store has not returned yet come from the feed's tail.
 */
export class RoomSyncer {
  readonly #deps: RoomSyncerDeps
  readonly #sendBudgets = new Buckets(SEND_RATE)
  readonly #pageCache: PageCache
  readonly #unreadCache: UnreadCache

  constructor(deps: RoomSyncerDeps) {
    this.#deps = deps
    this.#pageCache = new PageCache(deps.store)
    this.#unreadCache = new UnreadCache(deps.store)
  }

  /** Each second. */
  tick(): void {
    this.#pageCache.tick()
    this.#unreadCache.tick()
  }

  /** Brings a room up to date after the requests before this one. */
  enqueue(connection: ClientConnection, request: SyncRequest): void {
    connection.syncs = [...connection.syncs, request]
    if (connection.syncs.length === 1) void this.#run(connection)
  }

  /** Sends nothing more of this room. */
  cancel(connection: ClientConnection, room: string): void {
    for (const request of connection.syncs) if (request.room === room) request.cancelled = true
  }

  async #run(connection: ClientConnection): Promise<void> {
    for (
      let request = connection.syncs[0];
      request && connection.lifecycle.state !== 'closed';
      request = connection.syncs[0]
    ) {
      try {
        await this.#serve(connection, request)
      } catch (error) {
        // Without its page the client cannot know where it stands. It comes back by its position.
        this.#deps.log.error('sync', error)
        connection.socket.close(CLOSE.overloaded, 'cannot read')
        return
      }
      connection.syncs = connection.syncs.length > 1 ? connection.syncs.slice(1) : EMPTY
      if (connection.syncs.length > 0) await this.#deps.clock.turn()
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
    const { user } = connection
    for (let tries = 0; ; tries += 1) {
      if (!(await this.#waitForCapacity(connection)) || isOver(connection, request)) return
      const known = feed.head(room)
      const read = this.#pageCache.newest(room, limit)
      const page = withLimit(await read.page, limit)
      if (page === null) throw new Error('a room that was there is gone')
      const { at, floor, messages, older, length, reacted } = page
      const mine = reacted.length > 0 ? await store.mine(user.id, reacted) : new Map<string, string[]>()
      const readSeq = this.#readSeq(connection, room)
      const after = older ? (messages[0]?.seq ?? at.seq + 1) - 1 : 0
      const counted = readSeq < after ? await this.#unread(connection, row, readSeq) : null
      if (isOver(connection, request)) return

      // Nothing may be awaited from here to the page: what is published meanwhile would be missed.
      // A head that was known before the page was read, and is not in it, does not exist: a ring may lie, a log be cut.
      const events = read.isFresh && at.seq < known ? [] : feed.since(room, at.seq)
      const isRecent = events !== null && floor >= row.floor && (read.isFresh || canExtend(events))
      const last = events?.at(-1)?.seq ?? at.seq
      const counts =
        isRecent && readSeq === this.#readSeq(connection, room)
          ? countsAtEnd(user, readSeq, { messages, events, after, last }, counted, tries)
          : null
      if (isRecent && counts) {
        const members = this.#goLive(connection, request, last)
        this.#spend(connection, length + estimatedBytes(events) + MEMBER_BYTES * members.full.length)
        const shown = mine.size > 0 && { mine: Object.fromEntries(mine) }
        const found = { at, messages, ...shown, events, older, head: last, floor }
        const you = { role: row.role, readSeq, ...counts }
        return connection.socket.send({
          type: 'sync',
          ...roomAndRef(request),
          ...found,
          more: false,
          members,
          you,
        })
      }
      if (!isRecent) this.#pageCache.dropNewest(read)
      await clock.turn()
    }
  }

  /** The events after the client's position, page by page. */
  async #sendMissed(connection: ClientConnection, request: SyncRequest, row: EnteredRoom): Promise<void> {
    const { feed, clock } = this.#deps
    const { room } = request
    const { floor } = row
    const { socket, user } = connection
    const send = (events: readonly RoomEvent[], head: number) => {
      this.#spend(connection, estimatedBytes(events))
      socket.send({ type: 'sync', ...roomAndRef(request), events, head, floor, more: true })
    }
    let from = request.seq
    let after = request.seq
    let unsent: readonly RoomEvent[] = []
    for (let tries = 0; ;) {
      if (!(await this.#waitForCapacity(connection)) || isOver(connection, request)) return
      const known = Math.max(row.head, feed.head(room))
      const read = await this.#pageCache.events(room, after, known)
      if (isOver(connection, request)) return
      unsent = unsent.length === 0 ? read : [...unsent, ...read]
      after = read.at(-1)?.seq ?? after
      if (after >= known || read.length === 0) {
        const readSeq = this.#readSeq(connection, room)
        const counted = readSeq < from ? await this.#unread(connection, row, readSeq) : null
        if (isOver(connection, request)) return

        // Nothing may be awaited from here to the last page: what is published meanwhile would be missed.
        const later = after < known ? [] : feed.since(room, after)
        const all = later === null || later.length === 0 ? unsent : [...unsent, ...later]
        const last = all.at(-1)?.seq ?? after
        const isCounted = later !== null && readSeq === this.#readSeq(connection, room)
        const counts = isCounted
          ? countsAtEnd(user, readSeq, { messages: [], events: all, after: from, last }, counted, tries)
          : null
        if (counts) {
          // One page as it was read fits; what was put together may not.
          const parts = all === read ? [all] : splitIntoPages(all)
          for (const part of parts.slice(0, -1)) send(part, last)
          const events = parts.at(-1) ?? []
          const members = this.#goLive(connection, request, last)
          this.#spend(connection, estimatedBytes(events) + MEMBER_BYTES * members.full.length)
          const end = {
            events,
            head: last,
            floor,
            more: false,
            members,
            you: { role: row.role, readSeq, ...counts },
          }
          return socket.send({ type: 'sync', ...roomAndRef(request), ...end })
        }
        tries += 1
      }
      if (unsent.length >= LIMITS.pageEvents || (after < known && unsent.length > 0)) {
        const head = Math.max(known, feed.head(room))
        for (const part of unsent === read ? [unsent] : splitIntoPages(unsent)) send(part, head)
        ;[from, unsent] = [after, []]
      }
      // All others have a turn before the next page is read.
      await clock.turn()
    }
  }

  /** From this turn on the connection gets what is published after `seq`. @returns the people in the room */
  #goLive(connection: ClientConnection, { room, limit }: SyncRequest, seq: number): Members {
    this.#deps.feed.reached(room, seq)
    connection.socket.follow(room)
    const joined = joinedIn(connection, room)
    if (joined) joined.state = 'live'
    const members = this.#deps.presence.members(room, connection.user.id)
    return limit === 0 ? { ...members, full: [] } : members
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
      const wait = this.#sendBudgets.wait(user.id, clock.now())
      if (wait === 0) return true
      await clock.wait(wait)
    }
  }

  /** Charges the person for bytes that were sent, into debt if need be: then the next page waits. */
  #spend({ user }: ClientConnection, bytes: number): void {
    this.#sendBudgets.charge(user.id, this.#deps.clock.now(), bytes + FRAME_BYTES)
  }

  /** The unread count of the whole room, and the seq up to which it counts. */
  #unread({ user }: ClientConnection, row: RoomRow, readSeq: number): Promise<UnreadAtHead> {
    const head = Math.max(row.head, this.#deps.feed.head(row.room))
    return this.#unreadCache.unread(row, user, readSeq, head)
  }

  #readSeq({ user }: ClientConnection, room: string): number {
    return this.#deps.readPositions.seqOf(user.id, room)
  }
}

function isOver(connection: ClientConnection, request: SyncRequest): boolean {
  return connection.lifecycle.state === 'closed' || request.cancelled
}

/** The room, and the `ref` of the request that is answered. */
function roomAndRef({ room, ref }: SyncRequest): { room: string; ref?: string } {
  return { room, ...(ref !== undefined && { ref }) }
}

/** May these events be appended to a cached page? Not after an edit or delete: the page still has the old text. */
function canExtend(events: readonly RoomEvent[]): boolean {
  return (
    events.length <= MOST_EVENTS_AFTER && events.every(({ kind }) => kind !== 'delete' && kind !== 'edit')
  )
}

/** The page with at most `limit` messages that have text. */
function withLimit(page: MeasuredMessages | null, limit: number): MeasuredMessages | null {
  if (page === null || limit >= LIMITS.firstMessages || page.messages.length === 0) return page
  const first = page.messages.filter(({ gone }) => !gone).at(-limit)
  const messages = first ? page.messages.slice(page.messages.indexOf(first)) : page.messages
  return measured({ ...page, messages, older: page.older || messages.length < page.messages.length })
}

/** The content of a page; it holds every message above `after`, up to `last`. */
interface PageContent {
  messages: readonly HistoryMessage<ReactionCount>[]
  events: readonly RoomEvent[]
  after: number
  last: number
}

/**
 * Unread count at the end of a page: from the page if it reaches down to `readSeq`, else the store's count plus later messages.
 * @returns null if the count does not fit the page, because the room moved on: try again
 */
function countsAtEnd(
  user: User,
  readSeq: number,
  { messages, events, after, last }: PageContent,
  counted: UnreadAtHead | null,
  tries: number,
): UnreadCounts | null {
  if (readSeq >= last) return { unread: 0, mentions: 0 }
  if (counted === null) return unreadOfPage([...messages, ...events], user, readSeq, after)
  const { head, unread, mentions } = counted
  // The client counts events after the page itself.
  if (head > last) return tries < MAX_RECOUNTS ? null : { unread, mentions }
  if (head === last) return { unread, mentions }
  const later = [...messages, ...events].filter(({ seq }) => seq > head)
  const added = unreadOfPage(later, user, readSeq, head)
  if (added === null) return tries < MAX_RECOUNTS ? null : { unread, mentions }
  return { unread: Math.min(LIMITS.unread, unread + added.unread), mentions: mentions + added.mentions }
}

/** Cuts events into pages within the limits of a page. */
function splitIntoPages(events: readonly RoomEvent[]): RoomEvent[][] {
  const parts: RoomEvent[][] = []
  let part: RoomEvent[] = []
  let bytes = 0
  for (const event of events) {
    const size = Buffer.byteLength(JSON.stringify(event)) + ','.length
    if (part.length === LIMITS.pageEvents || (part.length > 0 && bytes + size > LIMITS.pageBytes)) {
      parts.push(part)
      ;[part, bytes] = [[], 0]
    }
    part.push(event)
    bytes += size
  }
  return [...parts, part]
}

/** Roughly how many bytes the events take on the wire. */
function estimatedBytes(events: readonly RoomEvent[]): number {
  return events.reduce((sum, { text = '' }) => sum + 250 + text.length, 0)
}
