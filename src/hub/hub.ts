import { ChatError, CLOSE } from '../shared/errors.ts'
import { LIMITS, TIMES, VERSION, WELCOME_LIMITS } from '../shared/limits.ts'
import type { HistoryPage, Self } from '../shared/model.ts'
import { strongerOf } from '../shared/policy.ts'
import type { Heard, Of, ServerFrame } from '../shared/protocol.ts'
import { disconnectAll, type DrainOptions } from './drain.ts'
import { Feed } from './messages/feed.ts'
import { ReadBroadcaster, ReadPositions } from './rooms/readPositions.ts'
import { userExport } from './people/userExport.ts'
import { PeopleRegistry } from './people/people.ts'
import type {
  Broadcast,
  Clock,
  ClientSocket,
  Doorbell,
  HistoryQuery,
  Ids,
  Log,
  Membership,
  RoomRow,
  Store,
} from './ports.ts'
import { PresenceTracker } from './presence/presence.ts'
import { WriterQueue } from './messages/writerQueue.ts'
import { fullBucket, take, waitFor, type Rate } from './rateLimit.ts'
import { Retention } from './history/retention.ts'
import { Rooms } from './rooms/rooms.ts'
import { Publisher } from './messages/publisher.ts'
import { MonotonicClock } from './monotonicClock.ts'
import { RoomSyncer } from './history/sync.ts'
import { Typing } from './presence/typing.ts'
import { joinedIn, EMPTY, ConnectionRegistry, type ClientConnection } from './connections.ts'

/** What one person, or one connection of theirs, may do. A bench may ask for more. */
export interface PersonLimits {
  /** durable frames of a person */
  sends: Rate
  /** joins of a connection, the rooms of its `hello` included */
  joins: Rate
  /** connections of a person */
  connections: number
}

const PERSON_LIMITS: PersonLimits = {
  sends: { perSecond: 5, burst: 15 },
  joins: { perSecond: 10, burst: 100 },
  connections: 20,
}

/** A position in a room, as `hello` and `join` name it. */
type RequestedPosition = Partial<Pick<Of<'join'>, 'seq' | 'id' | 'limit' | 'ref'>>

export interface HubDeps {
  store: Store
  broadcast: Broadcast
  doorbell: Doorbell
  clock: Clock
  ids: Ids
  log: Log
  settings: {
    build: string
    /** after so many days without use a session, and a guest with it, ends */
    sessionDays: number
    siteName: string
    /** after so many days what was said is taken away; none: never */
    retentionDays?: number
    limits?: Partial<PersonLimits>
  }
}

const HOUR_MS = 60 * 60 * 1000
/** For a room without a position. */
const NO_POSITION = { seq: 0, id: null, limit: 0 }
/** ms between two comparisons of the heads of open rooms with what was shown */
const SWEEP_MS = 2_000

/**
 * The chat itself: one method per client frame, which the edge calls one at a time a connection, awaiting promises. What
 * they throw, or reject with, becomes an `error` frame (`answers.ts`). A frame of a connection that has been let go is
 * `unauthenticated`, and before `hello` every other one is a `badFrame`.
 */
export class Hub {
  readonly people: PeopleRegistry
  readonly rooms: Rooms
  readonly #deps: HubDeps
  readonly #limits: PersonLimits
  readonly #connections = new ConnectionRegistry()
  readonly #feed: Feed
  readonly #queue: WriterQueue
  readonly #syncer: RoomSyncer
  readonly #presence: PresenceTracker
  readonly #typing: Typing
  readonly #readPositions: ReadPositions
  readonly #readBroadcaster: ReadBroadcaster
  readonly #publisher: Publisher
  readonly #retention: Retention
  readonly #monotonicClock: MonotonicClock
  #draining = false
  #sweptAt = 0
  #cleanedAt = 0

  constructor(deps: HubDeps) {
    const { store, broadcast, doorbell, clock, ids, log, settings } = deps
    this.#deps = deps
    this.#limits = { ...PERSON_LIMITS, ...settings.limits }
    this.#monotonicClock = new MonotonicClock(clock.now())
    const tell = (room: string, frame: ServerFrame) => broadcast.publish(room, JSON.stringify(frame))
    this.#feed = new Feed(store, broadcast, log)
    this.#queue = new WriterQueue({ store, feed: this.#feed, doorbell, clock, log })
    this.#publisher = new Publisher({ queue: this.#queue, clock, ids, sends: this.#limits.sends })
    this.#presence = new PresenceTracker(tell)
    this.#typing = new Typing(tell)
    this.#readPositions = new ReadPositions(store, log)
    const [feed, presence, readPositions] = [this.#feed, this.#presence, this.#readPositions]
    this.#syncer = new RoomSyncer({ store, feed, presence, readPositions, clock, log })
    this.#readBroadcaster = new ReadBroadcaster({
      readPositions,
      connections: this.#connections,
      store,
      feed,
      log,
    })
    const count = (room: string) => presence.count(room)
    const counts = () => presence.counts()
    const topic = (self: Self, room: string, text: string) => this.#publisher.publishTopic(self, room, text)
    const { sessionDays, siteName, retentionDays: days = 0 } = settings
    this.rooms = new Rooms({ store, clock, ids, log, siteName, count, counts, topic })
    this.#retention = new Retention({ store, clock, log, days })
    const renamed = (self: Self) => this.#renamed(self)
    const signedOut = (session: string, user: string) => this.#signedOut(session, user)
    this.people = new PeopleRegistry({ store, clock, ids, log, sessionDays, siteName, renamed, signedOut })
  }

  /** Reads and makes what it needs. Rejects if the store does. */
  async start(): Promise<void> {
    await this.rooms.ensureLobby()
    await this.people.hourly([])
    void this.#retention.hourly()
    this.#deps.doorbell.listen((heads) => void this.#feed.headsMoved(heads))
  }

  /**
   * Takes the socket of an admitted person.
   * @param session the hash of the session that let it in, and with which it ends
   * @returns null, or the code to close it with: it is not taken
   */
  open(socket: ClientSocket, user: Self, session: string): number | null {
    if (this.#draining) return CLOSE.restart
    if (this.people.hasEnded(session)) return CLOSE.noSession
    const now = this.#elapsed()
    const others = this.#connections.of(user.id)
    if (others.length >= this.#limits.connections)
      this.#dismiss(leastAlive(others, now), CLOSE.tooMany, 'too many')
    this.#connections.add({
      socket,
      user,
      session,
      openedAt: now,
      greeted: false,
      gone: false,
      rooms: EMPTY,
      syncs: EMPTY,
      unacked: 0,
      joinBucket: fullBucket(now, this.#limits.joins),
      lastHeardAt: now,
      nextBeatAt: 0,
      unansweredSince: null,
    })
    return null
  }

  /** The socket has ended; one that was never taken, or was let go before, does not matter. */
  close(socket: ClientSocket): void {
    const connection = this.#connections.get(socket)
    if (connection) this.#forget(connection)
  }

  /**
   * Who I am, and where I stand in my rooms: `welcome`, then each room is brought up to date. A room I am no
   * member of gets `reset "access"`: a device that slept must not undo a leave.
   * @throws ChatError `badFrame`, `tooBig`, `rateLimited`
   */
  async hello(from: ClientSocket, { rooms, state }: Of<'hello'>): Promise<void> {
    const connection = this.#connectionOf(from)
    if (connection.greeted || new Set(rooms.map(({ room }) => room)).size < rooms.length)
      throw new ChatError('badFrame')
    if (rooms.length > LIMITS.rooms) throw new ChatError('tooBig')
    this.#spendJoins(connection, rooms.length)
    const now = this.#elapsed()
    Object.assign(connection, { greeted: true, lastHeardAt: now, nextBeatAt: now + TIMES.beat })
    this.#presence.open(from.id, connection.user.id, state, now)
    from.send(this.#welcome(connection))
    await this.rooms.inTurn(connection.user.id, () => this.#greet(connection, rooms))
  }

  /**
   * Makes a member of who was none, and brings the room up to date from a position.
   * @throws ChatError `noRoom`, `tooBig`, `rateLimited`
   */
  async join(from: ClientSocket, { ref, room, ...asked }: Of<'join'>): Promise<void> {
    const connection = this.#greeted(from)
    if (!joinedIn(connection, room) && connection.rooms.length >= LIMITS.rooms) throw new ChatError('tooBig')
    // Who asks without reading the answers is to wait.
    if (connection.syncs.length >= 2 * LIMITS.rooms)
      throw new ChatError('rateLimited', undefined, { after: 1_000 })
    this.#spendJoins(connection, 1)
    await this.rooms.inTurn(connection.user.id, async () => {
      const entered = await this.rooms.enter(connection.user, room)
      if (!entered) throw new ChatError('noRoom')
      this.#enter(connection, entered.membership, entered.row, { ref, ...asked })
    })
  }

  /** Ends a membership: all the person's screens hear `left`, the others `presence` at once. */
  async leave(from: ClientSocket, { ref, room }: Of<'leave'>): Promise<void> {
    const { user } = this.#greeted(from)
    await this.rooms.inTurn(user.id, async () => {
      await this.rooms.exit(user, room)
      for (const connection of this.#connections.of(user.id)) this.#part(connection, room)
      this.#typing.set(room, user, false, this.#elapsed())
      this.#presence.leave(room, user.id)
      this.#readPositions.leave(user.id, room)
      // In the turn in which it stops following: nothing it hears in between could be told apart.
      from.send({ type: 'left', ref, room })
      this.#connections.sendTo(user.id, { type: 'left', room }, from)
    })
  }

  /**
   * Queues a message. Once it is on disk the room hears `event`, its author too, and then the author `ack`. The same nonce
   * twice is one message, so a client may send again without asking.
   * @throws ChatError `notMember`, `forbidden`, `rateLimited`, `overloaded`, `unavailable`
   */
  send(from: ClientSocket, frame: Of<'send'>): void {
    this.#publisher.publish(this.#greeted(from), frame)
  }

  /** Changes a message of one's own, as `send` sends one. */
  edit(from: ClientSocket, frame: Of<'edit'>): void {
    this.#publisher.publish(this.#greeted(from), frame)
  }

  /** Takes a message of one's own away, for everybody and from the disk. */
  delete(from: ClientSocket, frame: Of<'delete'>): void {
    this.#publisher.publish(this.#greeted(from), frame)
  }

  /** Shows an emoji at a message, or no longer. */
  react(from: ClientSocket, frame: Of<'react'>): void {
    this.#publisher.publish(this.#greeted(from), frame)
  }

  /** Pins a message, or no longer, for who may. */
  pin(from: ClientSocket, frame: Of<'pin'>): void {
    this.#publisher.publish(this.#greeted(from), frame)
  }

  /** They have read up to here. Backwards, beyond the head, or in a room not joined: ignored. */
  read(from: ClientSocket, { room, seq }: Of<'read'>): void {
    const connection = this.#greeted(from)
    if (joinedIn(connection, room))
      this.#readPositions.advance(connection.user.id, room, seq, this.#feed.head(room), from.id)
  }

  typing(from: ClientSocket, { room, on }: Of<'typing'>): void {
    const connection = this.#greeted(from)
    if (!joinedIn(connection, room) || this.#presence.count(room) > LIMITS.typing) return
    this.#typing.set(room, connection.user, on, this.#elapsed())
  }

  state(from: ClientSocket, { state }: Of<'state'>): void {
    this.#greeted(from)
    this.#presence.setState(from.id, state, this.#elapsed())
  }

  /** An answer, or, when nothing was asked, a question: answered by a beat that is to be answered like any. */
  beat(from: ClientSocket): void {
    const connection = this.#greeted(from)
    connection.lastHeardAt = this.#elapsed()
    if (connection.unansweredSince === null) this.#beatTo(connection)
    else connection.unansweredSince = null
  }

  /** What there is of somebody, in pieces of JSON (S34). */
  exportUser(user: Self): AsyncGenerator<string> {
    return userExport(this.#deps, user)
  }

  /** Older messages, for who has a session: `reader`. @throws ChatError `noRoom` */
  history(room: string, query: HistoryQuery, reader: string): Promise<HistoryPage> {
    return this.rooms.history(room, query, reader)
  }

  /** Connections and people of this node, events that wait for the writer. */
  stats(): { connections: number; users: number; queue: number } {
    return { connections: this.#connections.size, users: this.#connections.people, queue: this.#queue.length }
  }

  /** Each second, with the clock's ms: whatever is due. */
  tick(now: number): void {
    const time = this.#monotonicClock.elapsedAt(now)
    this.#presence.tick(time)
    this.#typing.tick(time)
    this.#syncer.tick()
    for (const connection of this.#connections.all()) this.#look(connection, time)
    void this.#readBroadcaster.broadcast()
    void this.people.revalidateSessions(this.#connections.sessions())
    if (time - this.#sweptAt >= SWEEP_MS) {
      this.#sweptAt = time
      void this.#feed.sweep()
    }
    if (time - this.#cleanedAt >= HOUR_MS) {
      this.#cleanedAt = time
      void this.people.hourly(this.#connections.sessions())
      void this.#retention.hourly()
    }
  }

  /** Finishes what was taken, then sends everybody away to come back. Resolves when all are told. */
  async drain(how: DrainOptions = {}): Promise<void> {
    const { waitMs = 0, flushMs = 3_000 } = how
    const { clock } = this.#deps
    if (waitMs > 0) await clock.wait(waitMs)
    this.#draining = true
    this.#publisher.stop()
    // The first flush of reads may be one that was under way, without what moved since.
    const reads = this.#readPositions.flush().then(() => this.#readPositions.flush())
    await Promise.race([Promise.all([this.#queue.flush(), reads]), clock.wait(flushMs)])
    await disconnectAll([...this.#connections.all()], clock, how)
  }

  async #greet(connection: ClientConnection, asked: Of<'hello'>['rooms']): Promise<void> {
    const { store } = this.#deps
    try {
      if (asked.length === 0) return
      const memberships = await store.memberships(connection.user.id)
      const rows = await Promise.all(asked.map(({ room }) => store.room(room)))
      const mine = new Map(memberships.map((membership) => [membership.room, membership]))
      asked.forEach(({ room, ...position }, at) => {
        const [row, membership] = [rows[at], mine.get(room)]
        if (row && membership) this.#enter(connection, membership, row, position)
        else this.#syncer.enqueue(connection, { ...NO_POSITION, room, entered: null, cancelled: false })
      })
    } catch (error) {
      // No answer could name the rooms that are missing: it comes back with its positions.
      this.#deps.log.error('hello', error)
      connection.socket.close(CLOSE.overloaded, 'cannot read')
    }
  }

  /** The room counts as joined from here on; its pages follow by themselves. Called in turn. */
  #enter(
    connection: ClientConnection,
    membership: Membership,
    row: RoomRow,
    { seq = 0, id = null, limit = LIMITS.firstMessages, ref }: RequestedPosition,
  ): void {
    if (connection.gone) return
    const { user, socket } = connection
    const { room, head } = row
    const role = strongerOf(user.role, membership.role)
    const before = joinedIn(connection, room)
    const others = connection.rooms.filter((joined) => joined !== before)
    connection.rooms = [...others, { room, role, live: before?.live ?? false }]
    if (!before) {
      this.#feed.watch(room, head)
      this.#presence.enter(room, socket.id, user, this.#elapsed())
    }
    this.#readPositions.learn(user.id, membership)
    const request = { room, entered: { ...row, role }, seq, id, limit, cancelled: false }
    this.#syncer.enqueue(connection, ref === undefined ? request : { ...request, ref })
  }

  /** One connection is in the room no more. */
  #part(connection: ClientConnection, room: string): void {
    this.#syncer.cancel(connection, room)
    connection.socket.unfollow(room)
    if (!joinedIn(connection, room)) return
    connection.rooms = connection.rooms.filter((joined) => joined.room !== room)
    this.#feed.unwatch(room)
  }

  /** Forgets a connection; its person stays here for their grace. */
  #forget(connection: ClientConnection): void {
    const now = this.#elapsed()
    const { socket, user } = connection
    connection.gone = true
    for (const { room } of connection.rooms) this.#part(connection, room)
    this.#presence.close(socket.id, now, now + (this.#draining ? TIMES.graceAfterDrain : TIMES.grace))
    if (this.#connections.remove(connection)) this.#readPositions.forget(user.id)
  }

  #renamed(self: Self): void {
    for (const connection of this.#connections.of(self.id)) connection.user = self
    this.#presence.rename(self)
  }

  /** The sockets of one session end; those of the person's other sessions stay. */
  #signedOut(session: string, user: string): void {
    for (const connection of this.#connections.of(user)) {
      if (connection.session !== session) continue
      for (const { room } of connection.rooms) this.#typing.set(room, connection.user, false, this.#elapsed())
      this.#dismiss(connection, CLOSE.noSession, 'signed out')
    }
    if (!this.#connections.isOnline(user)) this.#presence.leaveAll(user)
  }

  #dismiss(connection: ClientConnection, code: number, reason: string): void {
    this.#forget(connection)
    connection.socket.close(code, reason)
  }

  /** What one connection owes, or is owed, by now. */
  #look(connection: ClientConnection, time: number): void {
    if (!connection.greeted) {
      if (time - connection.openedAt >= TIMES.hello) this.#dismiss(connection, CLOSE.noHello, 'no hello')
    } else if (time - connection.lastHeardAt >= TIMES.deaf)
      this.#dismiss(connection, CLOSE.goingAway, 'no answer')
    else if (time >= connection.nextBeatAt) {
      connection.nextBeatAt = time + TIMES.beat
      this.#beatTo(connection)
    }
  }

  #beatTo(connection: ClientConnection): void {
    connection.unansweredSince ??= this.#elapsed()
    const heads: Record<string, number> = {}
    const counts: Record<string, number> = {}
    for (const { room, live } of connection.rooms) {
      if (!live) continue
      heads[room] = this.#feed.shown(room)
      if (this.#presence.isLarge(room)) counts[room] = this.#presence.count(room)
    }
    const large = Object.keys(counts).length > 0
    connection.socket.send({ type: 'beat', heads, ...(large && { counts }) })
  }

  #welcome({ socket, user }: ClientConnection): Heard<'welcome'> {
    return {
      type: 'welcome',
      version: VERSION,
      connection: socket.id,
      user,
      now: this.#deps.clock.now(),
      beat: TIMES.beat,
      limits: WELCOME_LIMITS,
      build: this.#deps.settings.build,
    }
  }

  #spendJoins(connection: ClientConnection, cost: number): void {
    const now = this.#elapsed()
    const { joins } = this.#limits
    const left = take(connection.joinBucket, now, joins, cost)
    if (!left)
      throw new ChatError('rateLimited', undefined, {
        after: waitFor(connection.joinBucket, now, joins, cost),
      })
    connection.joinBucket = left
  }

  #connectionOf(from: ClientSocket): ClientConnection {
    const connection = this.#connections.get(from)
    if (!connection) throw new ChatError('unauthenticated')
    return connection
  }

  #greeted(from: ClientSocket): ClientConnection {
    const connection = this.#connectionOf(from)
    if (!connection.greeted) throw new ChatError('badFrame')
    return connection
  }

  /** ms of steady time: for all that waits, and nothing that is stored or sent. */
  #elapsed(): number {
    return this.#monotonicClock.elapsedAt(this.#deps.clock.now())
  }
}

/** The one whose beat has been unanswered longest, else the oldest. An answer may be under way for 5 s. */
function leastAlive(connections: readonly ClientConnection[], now: number): ClientConnection {
  const since = ({ unansweredSince, openedAt }: ClientConnection) =>
    [
      unansweredSince !== null && now - unansweredSince > 5_000 ? unansweredSince : Number.POSITIVE_INFINITY,
      openedAt,
    ] as const
  return connections.reduce((least, connection) => {
    const [[asked, opened], [leastAsked, leastOpened]] = [since(connection), since(least)]
    return asked < leastAsked || (asked === leastAsked && opened < leastOpened) ? connection : least
  })
}
