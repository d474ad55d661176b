import { ChatError, CLOSE } from '../shared/errors.ts'
import { LIMITS, TIMES } from '../shared/limits.ts'
import type { Self } from '../shared/model.ts'
import type { Durable, ClientFrameOf } from '../shared/protocol.ts'
import { welcomeFrame } from './answerFrames.ts'
import {
  ConnectionRegistry,
  isGreeted,
  type ClientConnection,
  type GreetedConnection,
} from './connections.ts'
import { Heartbeat, leastAlive } from './heartbeat.ts'
import { Retention } from './history/retention.ts'
import { RoomSyncer } from './history/roomSyncer.ts'
import { Feed } from './messages/feed.ts'
import { Publisher } from './messages/publisher.ts'
import { WriterQueue } from './messages/writerQueue.ts'
import { Sessions } from './people/sessions.ts'
import { userExport } from './people/userExport.ts'
import type { ClientSocket, HubDeps, PersonLimits, Publish } from './ports.ts'
import { PresenceTracker } from './presence/presence.ts'
import { Typing } from './presence/typing.ts'
import { Buckets } from './rateLimit.ts'
import { ReadPositions } from './rooms/readPositions.ts'
import { Rooms } from './rooms/rooms.ts'

const PERSON_LIMITS: PersonLimits = {
  sends: { perSecond: 5, burst: 15 },
  joins: { perSecond: 10, burst: 100 },
  connections: LIMITS.connections,
}

/** The topic that every connection follows from `hello` on. No room has this address. */
const EVERYBODY = ''
const HOUR_MS = 60 * 60 * 1000
/** A drain: ms for the writer to finish, how many sockets one batch closes, and ms between two batches. */
const DRAIN = { flush: 3_000, closeBatch: 500, closeEvery: 100 }
/** ms between two checks for stored events that this node has not shown, such as those of other nodes */
const SWEEP_MS = 2_000

/**
 * The chat itself: one method per client frame. The caller hands over the frames of a connection one at a time, awaiting
 * promises, and turns what is thrown into an `error` frame (`answerFrames.ts`). A frame of a dismissed connection is
 * `unauthenticated`; before `hello` every other frame is a `badFrame`.
 */
export class Hub {
  readonly sessions: Sessions
  readonly rooms: Rooms
  readonly #deps: HubDeps
  readonly #limits: PersonLimits
  readonly #joinBuckets: Buckets
  readonly #connections = new ConnectionRegistry()
  readonly #feed: Feed
  readonly #queue: WriterQueue
  readonly #syncer: RoomSyncer
  readonly #heartbeat: Heartbeat
  readonly #presence: PresenceTracker
  readonly #typing: Typing
  readonly #readPositions: ReadPositions
  readonly #publisher: Publisher
  readonly #retention: Retention
  #draining = false
  #sweptAt = 0
  #cleanedAt = 0

  constructor(deps: HubDeps) {
    const limits = (this.#limits = { ...PERSON_LIMITS, ...deps.settings.limits })
    const publish: Publish = (room, frame) => deps.broadcast.publish(room, JSON.stringify(frame))
    const connections = this.#connections
    const feed = (this.#feed = new Feed(deps))
    const queue = (this.#queue = new WriterQueue({ ...deps, feed }))
    const publisher = (this.#publisher = new Publisher({ ...deps, queue, sends: limits.sends }))
    const presence = (this.#presence = new PresenceTracker(connections, publish))
    const readPositions = (this.#readPositions = new ReadPositions({ ...deps, connections, feed }))
    this.#deps = deps
    this.#joinBuckets = new Buckets(limits.joins)
    this.#typing = new Typing(publish)
    this.#syncer = new RoomSyncer({ ...deps, feed, presence, readPositions })
    this.#heartbeat = new Heartbeat(feed, presence)
    this.#retention = new Retention(deps)
    this.rooms = new Rooms({
      ...deps,
      presence,
      publisher,
      made: (entry) => publish(EVERYBODY, { type: 'room', entry }),
      joined(user, entry) {
        for (const { socket } of connections.greetedOf(user)) socket.send({ type: 'room', entry })
      },
    })
    this.sessions = new Sessions({
      ...deps,
      renamed: (self) => this.#renamed(self),
      signedOut: (session, user) => this.#signedOut(session, user),
    })
  }

  /** Starts the hourly work and listens to other nodes. */
  async start(): Promise<void> {
    await this.sessions.hourly()
    void this.#retention.hourly()
    this.#deps.doorbell.listen((heads) => void this.#feed.headsMoved(heads))
  }

  /**
   * Takes the socket of an admitted person.
   * @param session the hash of the session that admitted the socket; the socket closes when that session ends
   * @returns null, or the code to close the socket with if it is not taken
   */
  open(socket: ClientSocket, user: Self, session: string): number | null {
    if (this.#draining) return CLOSE.restart
    if (this.sessions.hasEnded(session)) return CLOSE.noSession
    const now = this.#elapsed()
    const others = this.#connections.of(user.id)
    if (others.length >= this.#limits.connections)
      this.#dismiss(leastAlive(others, now), CLOSE.tooMany, 'too many')
    this.#connections.add({
      socket,
      user,
      session,
      openedAt: now,
      lifecycle: { state: 'connected' },
      rooms: new Map(),
      syncs: [],
      unacked: 0,
    })
    return null
  }

  /** A socket has ended. If it was refused, or dismissed before, nothing changes. */
  close(socket: ClientSocket): void {
    const connection = this.#connections.get(socket)
    if (connection) this.#forget(connection)
  }

  /**
   * Answers `welcome`, then brings each named room up to date. A room that the person is not a member of gets
   * `reset "access"`: a device that slept must not undo a leave.
   * @throws ChatError `badFrame`, `tooBig`, `rateLimited`
   */
  async hello(from: ClientSocket, { rooms, state }: ClientFrameOf<'hello'>): Promise<void> {
    const connection = this.#connectionOf(from)
    if (isGreeted(connection) || new Set(rooms.map(({ room }) => room)).size < rooms.length)
      throw new ChatError('badFrame')
    if (rooms.length > LIMITS.rooms) throw new ChatError('tooBig')
    this.#spendJoins(connection, rooms.length)
    const now = this.#elapsed()
    connection.lifecycle = {
      state: 'greeted',
      activity: state,
      lastHeardAt: now,
      nextBeatAt: now + TIMES.beat,
      unansweredSince: null,
    }
    this.#presence.updateActivity(connection.user.id, now)
    from.follow(EVERYBODY)
    from.send(welcomeFrame(connection, this.#deps.clock.now(), this.#deps.settings.build))
    await this.rooms.inTurn(connection.user.id, () => this.#syncer.enterAll(connection, rooms))
  }

  /**
   * Makes the person a member, and brings the room up to date from a position.
   * @throws ChatError `noRoom`, `tooBig`, `rateLimited`, `unavailable`; `unauthenticated` for a person who has signed out
   */
  async join(from: ClientSocket, { room, ...position }: ClientFrameOf<'join'>): Promise<void> {
    const connection = this.#greeted(from)
    if (!connection.rooms.has(room) && connection.rooms.size >= LIMITS.rooms) throw new ChatError('tooBig')
    // A client that joins again and again without reading the pages has to wait.
    if (connection.syncs.length >= 2 * LIMITS.rooms)
      throw new ChatError('rateLimited', undefined, { after: 1_000 })
    this.#spendJoins(connection, 1)
    await this.rooms.inTurn(connection.user.id, async () => {
      const entered = await this.rooms.addMember(connection.user, room)
      if (!entered) throw new ChatError('noRoom')
      this.#syncer.enter(connection, entered.membership, entered.row, position)
    })
  }

  /**
   * Ends a membership: at once all connections of the person get `left`, and the other people in the room get `presence`.
   * @throws ChatError `unavailable`
   */
  async leave(from: ClientSocket, { ref, room }: ClientFrameOf<'leave'>): Promise<void> {
    const { user } = this.#greeted(from)
    await this.rooms.inTurn(user.id, async () => {
      await this.rooms.removeMember(user, room)
      for (const connection of this.#connections.of(user.id)) this.#syncer.leave(connection, room)
      this.#typing.set(room, user, false, this.#elapsed())
      this.#presence.leave(room, user.id)
      this.#readPositions.leave(user.id, room)
      // Sent in the same turn as `unfollow`: the client uses the room's frames before `left` and ignores any after it.
      from.send({ type: 'left', ref, room })
      for (const { socket } of this.#connections.greetedOf(user.id))
        if (socket !== from) socket.send({ type: 'left', room })
    })
  }

  /**
   * Queues a message, or a change of one. Once it is on disk, everybody in the room gets `event`, then its author gets
   * `ack`. The same nonce twice is one event, so a client may send again without asking.
   * @throws ChatError `notMember`, `forbidden`, `rateLimited`, `overloaded`, `unavailable`
   */
  publish(from: ClientSocket, frame: Durable): void | Promise<void> {
    return this.#publisher.publish(this.#greeted(from), frame)
  }

  /** Moves the read position. Beyond the head, in a room not joined, or backwards without `back`: ignored. */
  read(from: ClientSocket, { room, seq, back }: ClientFrameOf<'read'>): void {
    const { user, rooms } = this.#greeted(from)
    if (!rooms.has(room) || seq > this.#feed.head(room)) return
    this.#readPositions.move({ user: user.id, room, seq, back: back === true }, from.id)
  }

  typing(from: ClientSocket, { room, on }: ClientFrameOf<'typing'>): void {
    const { user, rooms } = this.#greeted(from)
    if (!rooms.has(room) || this.#presence.count(room) > LIMITS.typing) return
    this.#typing.set(room, user, on, this.#elapsed())
  }

  state(from: ClientSocket, { state }: ClientFrameOf<'state'>): void {
    const { lifecycle, user } = this.#greeted(from)
    lifecycle.activity = state
    this.#presence.updateActivity(user.id, this.#elapsed())
  }

  beat(from: ClientSocket): void {
    this.#heartbeat.received(this.#greeted(from), this.#elapsed())
  }

  /** Everything stored about a person, as JSON in pieces (S34). */
  exportUser(user: Self): AsyncGenerator<string> {
    return userExport(this.#deps, user)
  }

  /** Connections and people of this node, and events that wait for the writer. */
  stats(): { connections: number; users: number; queue: number } {
    return { connections: this.#connections.size, users: this.#connections.people, queue: this.#queue.length }
  }

  /** Each second: does what is due. */
  tick(): void {
    const now = this.#elapsed()
    this.#deps.expiry.now()
    this.#presence.tick(now)
    this.#typing.tick(now)
    this.#syncer.tick()
    for (const connection of this.#connections.all()) {
      const ending = this.#heartbeat.check(connection, now)
      if (ending) this.#dismiss(connection, ending.code, ending.reason)
    }
    void this.#readPositions.save()
    void this.sessions.revalidate(
      new Map(this.#connections.all().map(({ session, user }) => [session, user.id])),
    )
    if (now - this.#sweptAt >= SWEEP_MS) {
      this.#sweptAt = now
      void this.#feed.sweep()
    }
    if (now - this.#cleanedAt >= HOUR_MS) {
      this.#cleanedAt = now
      void this.sessions.hourly()
      void this.#retention.hourly()
    }
  }

  /**
   * Stores accepted events, then closes all connections in batches. Tells clients over how many ms to spread their
   * reconnects, so that the next server can bear them. Resolves when all connections are closed.
   */
  async drain(closeBatch = DRAIN.closeBatch): Promise<void> {
    const { clock } = this.#deps
    this.#draining = true
    this.#publisher.stop()
    // A save that is under way lacks the positions that moved since it began, so save again.
    const saved = this.#readPositions.save().then(() => this.#readPositions.save())
    await Promise.race([Promise.all([this.#queue.flush(), saved]), clock.wait(DRAIN.flush)])
    const connections = this.#connections.all()
    const spread = Math.max(2_000, 2 * connections.length)
    for (const connection of connections)
      if (isGreeted(connection)) connection.socket.send({ type: 'drain', spread })
    for (let i = 0; i < connections.length; i += closeBatch) {
      if (i > 0) await clock.wait(DRAIN.closeEvery)
      for (const { socket } of connections.slice(i, i + closeBatch)) socket.close(CLOSE.restart, 'restart')
    }
  }

  /** Forgets a connection; its person stays present for the grace. */
  #forget(connection: ClientConnection): void {
    const now = this.#elapsed()
    const until = now + (this.#draining ? TIMES.graceAfterDrain : TIMES.grace)
    const { user, rooms } = connection
    connection.lifecycle = { state: 'closed' }
    for (const room of rooms.keys()) {
      this.#syncer.leave(connection, room)
      this.#presence.exit(room, user.id, until)
    }
    if (this.#connections.remove(connection)) this.#readPositions.forget(user.id)
    else this.#presence.updateActivity(user.id, now)
  }

  #renamed(self: Self): void {
    for (const connection of this.#connections.of(self.id)) connection.user = self
    this.#presence.rename(self)
  }

  /** Closes the connections of one session; those of the person's other sessions stay. */
  #signedOut(session: string, user: string): void {
    for (const connection of this.#connections.of(user)) {
      if (connection.session !== session) continue
      for (const room of connection.rooms.keys())
        this.#typing.set(room, connection.user, false, this.#elapsed())
      this.#dismiss(connection, CLOSE.noSession, 'signed out')
    }
    if (this.#connections.of(user).length === 0) this.#presence.leaveAll(user)
  }

  #dismiss(connection: ClientConnection, code: number, reason: string): void {
    this.#forget(connection)
    connection.socket.close(code, reason)
  }

  #spendJoins(connection: ClientConnection, cost: number): void {
    const after = this.#joinBuckets.spend(connection.socket.id, this.#elapsed(), cost)
    if (after > 0) throw new ChatError('rateLimited', undefined, { after })
  }

  #connectionOf(from: ClientSocket): ClientConnection {
    const connection = this.#connections.get(from)
    if (!connection) throw new ChatError('unauthenticated')
    return connection
  }

  #greeted(from: ClientSocket): GreetedConnection {
    const connection = this.#connectionOf(from)
    if (!isGreeted(connection)) throw new ChatError('badFrame')
    return connection
  }

  #elapsed(): number {
    return this.#deps.clock.elapsed()
  }
}
