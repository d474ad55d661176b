import { ChatError, CLOSE } from '../shared/errors.ts'
import { LIMITS, TIMES, VERSION, WELCOME_LIMITS } from '../shared/limits.ts'
import type { HistoryPage, Self } from '../shared/model.ts'
import { strongerOf } from '../shared/policy.ts'
import type { Heard, Of, ServerFrame } from '../shared/protocol.ts'
import { sendAway, type Drain } from './drain.ts'
import { Feed } from './messages/feed.ts'
import { ReadNews, Reads } from './rooms/readPositions.ts'
import { ownCopy } from './people/userExport.ts'
import { People } from './people/people.ts'
import type {
  Broadcast,
  Clock,
  Connection,
  Doorbell,
  HistoryQuery,
  Ids,
  Log,
  Membership,
  RoomRow,
  Store,
} from './ports.ts'
import { Presence } from './presence/presence.ts'
import { WriterQueue } from './messages/writerQueue.ts'
import { fullBucket, take, waitFor, type Rate } from './rateLimit.ts'
import { Retention } from './history/retention.ts'
import { Rooms } from './rooms/rooms.ts'
import { Says } from './messages/publisher.ts'
import { SteadyTime } from './monotonicClock.ts'
import { Sync } from './history/sync.ts'
import { Typing } from './presence/typing.ts'
import { joinedIn, NONE, Visits, type Visit } from './connections.ts'

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
type Asked = Partial<Pick<Of<'join'>, 'seq' | 'id' | 'limit' | 'ref'>>

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

const HOUR = 60 * 60 * 1000
/** For a room without a position. */
const NOWHERE = { seq: 0, id: null, limit: 0 }
/** ms between two comparisons of the heads of open rooms with what was shown */
const SWEEP = 2_000

/**
 * The chat itself: one method per client frame, which the edge calls one at a time a connection, awaiting promises. What
 * they throw, or reject with, becomes an `error` frame (`answers.ts`). A frame of a connection that has been let go is
 * `unauthenticated`, and before `hello` every other one is a `badFrame`.
 */
export class Hub {
  readonly people: People
  readonly rooms: Rooms
  readonly #deps: HubDeps
  readonly #limits: PersonLimits
  readonly #visits = new Visits()
  readonly #feed: Feed
  readonly #queue: WriterQueue
  readonly #sync: Sync
  readonly #presence: Presence
  readonly #typing: Typing
  readonly #reads: Reads
  readonly #readNews: ReadNews
  readonly #says: Says
  readonly #retention: Retention
  readonly #time: SteadyTime
  #draining = false
  #swept = 0
  #cleaned = 0

  constructor(deps: HubDeps) {
    const { store, broadcast, doorbell, clock, ids, log, settings } = deps
    this.#deps = deps
    this.#limits = { ...PERSON_LIMITS, ...settings.limits }
    this.#time = new SteadyTime(clock.now())
    const tell = (room: string, frame: ServerFrame) => broadcast.publish(room, JSON.stringify(frame))
    this.#feed = new Feed(store, broadcast, log)
    this.#queue = new WriterQueue({ store, feed: this.#feed, doorbell, clock, log })
    this.#says = new Says({ queue: this.#queue, clock, ids, sends: this.#limits.sends })
    this.#presence = new Presence(tell)
    this.#typing = new Typing(tell)
    this.#reads = new Reads(store, log)
    const [feed, presence, reads] = [this.#feed, this.#presence, this.#reads]
    this.#sync = new Sync({ store, feed, presence, reads, clock, log })
    this.#readNews = new ReadNews({ reads, visits: this.#visits, store, feed, log })
    const count = (room: string) => presence.count(room)
    const counts = () => presence.counts()
    const topic = (self: Self, room: string, text: string) => this.#says.topic(self, room, text)
    const { sessionDays, siteName, retentionDays: days = 0 } = settings
    this.rooms = new Rooms({ store, clock, ids, log, siteName, count, counts, topic })
    this.#retention = new Retention({ store, clock, log, days })
    const renamed = (self: Self) => this.#renamed(self)
    const signedOut = (session: string, user: string) => this.#signedOut(session, user)
    this.people = new People({ store, clock, ids, log, sessionDays, siteName, renamed, signedOut })
  }

  /** Reads and makes what it needs. Rejects if the store does. */
  async start(): Promise<void> {
    await this.rooms.ensureLobby()
    await this.people.hourly([])
    void this.#retention.hourly()
    this.#deps.doorbell.listen((heads) => void this.#feed.heard(heads))
  }

  /**
   * Takes the socket of an admitted person.
   * @param session the hash of the session that let it in, and with which it ends
   * @returns null, or the code to close it with: it is not taken
   */
  open(connection: Connection, user: Self, session: string): number | null {
    if (this.#draining) return CLOSE.restart
    if (this.people.hasEnded(session)) return CLOSE.noSession
    const now = this.#steady()
    const others = this.#visits.of(user.id)
    if (others.length >= this.#limits.connections)
      this.#dismiss(leastAlive(others, now), CLOSE.tooMany, 'too many')
    this.#visits.add({
      connection,
      user,
      session,
      opened: now,
      greeted: false,
      gone: false,
      rooms: NONE,
      pages: NONE,
      unanswered: 0,
      joins: fullBucket(now, this.#limits.joins),
      heard: now,
      nextBeat: 0,
      asked: null,
    })
    return null
  }

  /** The socket has ended; one that was never taken, or was let go before, does not matter. */
  close(connection: Connection): void {
    const visit = this.#visits.get(connection)
    if (visit) this.#letGo(visit)
  }

  /**
   * Who I am, and where I stand in my rooms: `welcome`, then each room is brought up to date. A room I am no
   * member of gets `reset "access"`: a device that slept must not undo a leave.
   * @throws ChatError `badFrame`, `tooBig`, `rateLimited`
   */
  async hello(from: Connection, { rooms, state }: Of<'hello'>): Promise<void> {
    const visit = this.#visit(from)
    if (visit.greeted || new Set(rooms.map(({ room }) => room)).size < rooms.length)
      throw new ChatError('badFrame')
    if (rooms.length > LIMITS.rooms) throw new ChatError('tooBig')
    this.#spendJoins(visit, rooms.length)
    const now = this.#steady()
    Object.assign(visit, { greeted: true, heard: now, nextBeat: now + TIMES.beat })
    this.#presence.open(from.id, visit.user.id, state, now)
    from.send(this.#welcome(visit))
    await this.rooms.inTurn(visit.user.id, () => this.#greet(visit, rooms))
  }

  /**
   * Makes a member of who was none, and brings the room up to date from a position.
   * @throws ChatError `noRoom`, `tooBig`, `rateLimited`
   */
  async join(from: Connection, { ref, room, ...asked }: Of<'join'>): Promise<void> {
    const visit = this.#greeted(from)
    if (!joinedIn(visit, room) && visit.rooms.length >= LIMITS.rooms) throw new ChatError('tooBig')
    // Who asks without reading the answers is to wait.
    if (visit.pages.length >= 2 * LIMITS.rooms)
      throw new ChatError('rateLimited', undefined, { after: 1_000 })
    this.#spendJoins(visit, 1)
    await this.rooms.inTurn(visit.user.id, async () => {
      const entered = await this.rooms.enter(visit.user, room)
      if (!entered) throw new ChatError('noRoom')
      this.#enter(visit, entered.membership, entered.row, { ref, ...asked })
    })
  }

  /** Ends a membership: all the person's screens hear `left`, the others `presence` at once. */
  async leave(from: Connection, { ref, room }: Of<'leave'>): Promise<void> {
    const { user } = this.#greeted(from)
    await this.rooms.inTurn(user.id, async () => {
      await this.rooms.exit(user, room)
      for (const visit of this.#visits.of(user.id)) this.#part(visit, room)
      this.#typing.set(room, user, false, this.#steady())
      this.#presence.leave(room, user.id)
      this.#reads.leave(user.id, room)
      // In the turn in which it stops following: nothing it hears in between could be told apart.
      from.send({ type: 'left', ref, room })
      this.#visits.tell(user.id, { type: 'left', room }, from)
    })
  }

  /**
   * Queues a message. Once it is on disk the room hears `event`, its author too, and then the author `ack`. The same nonce
   * twice is one message, so a client may send again without asking.
   * @throws ChatError `notMember`, `forbidden`, `rateLimited`, `overloaded`, `unavailable`
   */
  send(from: Connection, frame: Of<'send'>): void {
    this.#says.say(this.#greeted(from), frame)
  }

  /** Changes a message of one's own, as `send` sends one. */
  edit(from: Connection, frame: Of<'edit'>): void {
    this.#says.say(this.#greeted(from), frame)
  }

  /** Takes a message of one's own away, for everybody and from the disk. */
  delete(from: Connection, frame: Of<'delete'>): void {
    this.#says.say(this.#greeted(from), frame)
  }

  /** Shows an emoji at a message, or no longer. */
  react(from: Connection, frame: Of<'react'>): void {
    this.#says.say(this.#greeted(from), frame)
  }

  /** Pins a message, or no longer, for who may. */
  pin(from: Connection, frame: Of<'pin'>): void {
    this.#says.say(this.#greeted(from), frame)
  }

  /** They have read up to here. Backwards, beyond the head, or in a room not joined: ignored. */
  read(from: Connection, { room, seq }: Of<'read'>): void {
    const visit = this.#greeted(from)
    if (joinedIn(visit, room)) this.#reads.read(visit.user.id, room, seq, this.#feed.head(room), from.id)
  }

  typing(from: Connection, { room, on }: Of<'typing'>): void {
    const visit = this.#greeted(from)
    if (!joinedIn(visit, room) || this.#presence.count(room) > LIMITS.typing) return
    this.#typing.set(room, visit.user, on, this.#steady())
  }

  state(from: Connection, { state }: Of<'state'>): void {
    this.#greeted(from)
    this.#presence.state(from.id, state, this.#steady())
  }

  /** An answer, or, when nothing was asked, a question: answered by a beat that is to be answered like any. */
  beat(from: Connection): void {
    const visit = this.#greeted(from)
    visit.heard = this.#steady()
    if (visit.asked === null) this.#beatTo(visit)
    else visit.asked = null
  }

  /** What there is of somebody, in pieces of JSON (S34). */
  ownCopy(user: Self): AsyncGenerator<string> {
    return ownCopy(this.#deps, user)
  }

  /** Older messages, for who has a session: `reader`. @throws ChatError `noRoom` */
  history(room: string, query: HistoryQuery, reader: string): Promise<HistoryPage> {
    return this.rooms.history(room, query, reader)
  }

  /** Connections and people of this node, events that wait for the writer. */
  stats(): { connections: number; users: number; queue: number } {
    return { connections: this.#visits.size, users: this.#visits.people, queue: this.#queue.length }
  }

  /** Each second, with the clock's ms: whatever is due. */
  tick(now: number): void {
    const time = this.#time.at(now)
    this.#presence.tick(time)
    this.#typing.tick(time)
    this.#sync.tick()
    for (const visit of this.#visits.all()) this.#look(visit, time)
    void this.#readNews.tell()
    void this.people.reread(this.#visits.sessions())
    if (time - this.#swept >= SWEEP) {
      this.#swept = time
      void this.#feed.sweep()
    }
    if (time - this.#cleaned >= HOUR) {
      this.#cleaned = time
      void this.people.hourly(this.#visits.sessions())
      void this.#retention.hourly()
    }
  }

  /** Finishes what was taken, then sends everybody away to come back. Resolves when all are told. */
  async drain(how: Drain = {}): Promise<void> {
    const { waitMs = 0, flushMs = 3_000 } = how
    const { clock } = this.#deps
    if (waitMs > 0) await clock.wait(waitMs)
    this.#draining = true
    this.#says.stop()
    // The first flush of reads may be one that was under way, without what moved since.
    const reads = this.#reads.flush().then(() => this.#reads.flush())
    await Promise.race([Promise.all([this.#queue.flush(), reads]), clock.wait(flushMs)])
    await sendAway([...this.#visits.all()], clock, how)
  }

  async #greet(visit: Visit, asked: Of<'hello'>['rooms']): Promise<void> {
    const { store } = this.#deps
    try {
      if (asked.length === 0) return
      const memberships = await store.memberships(visit.user.id)
      const rows = await Promise.all(asked.map(({ room }) => store.room(room)))
      const mine = new Map(memberships.map((membership) => [membership.room, membership]))
      asked.forEach(({ room, ...position }, at) => {
        const [row, membership] = [rows[at], mine.get(room)]
        if (row && membership) this.#enter(visit, membership, row, position)
        else this.#sync.begin(visit, { ...NOWHERE, room, open: null, stopped: false })
      })
    } catch (error) {
      // No answer could name the rooms that are missing: it comes back with its positions.
      this.#deps.log.error('hello', error)
      visit.connection.close(CLOSE.overloaded, 'cannot read')
    }
  }

  /** The room counts as joined from here on; its pages follow by themselves. Called in turn. */
  #enter(
    visit: Visit,
    membership: Membership,
    row: RoomRow,
    { seq = 0, id = null, limit = LIMITS.firstMessages, ref }: Asked,
  ): void {
    if (visit.gone) return
    const { user, connection } = visit
    const { room, head } = row
    const role = strongerOf(user.role, membership.role)
    const before = joinedIn(visit, room)
    const others = visit.rooms.filter((joined) => joined !== before)
    visit.rooms = [...others, { room, role, live: before?.live ?? false }]
    if (!before) {
      this.#feed.watch(room, head)
      this.#presence.enter(room, connection.id, user, this.#steady())
    }
    this.#reads.learn(user.id, membership)
    const pages = { room, open: { ...row, role }, seq, id, limit, stopped: false }
    this.#sync.begin(visit, ref === undefined ? pages : { ...pages, ref })
  }

  /** One connection is in the room no more. */
  #part(visit: Visit, room: string): void {
    this.#sync.stop(visit, room)
    visit.connection.unfollow(room)
    if (!joinedIn(visit, room)) return
    visit.rooms = visit.rooms.filter((joined) => joined.room !== room)
    this.#feed.unwatch(room)
  }

  /** Forgets a connection; its person stays here for their grace. */
  #letGo(visit: Visit): void {
    const now = this.#steady()
    const { connection, user } = visit
    visit.gone = true
    for (const { room } of visit.rooms) this.#part(visit, room)
    this.#presence.close(connection.id, now, now + (this.#draining ? TIMES.graceAfterDrain : TIMES.grace))
    if (this.#visits.remove(visit)) this.#reads.forget(user.id)
  }

  #renamed(self: Self): void {
    for (const visit of this.#visits.of(self.id)) visit.user = self
    this.#presence.rename(self)
  }

  /** The sockets of one session end; those of the person's other sessions stay. */
  #signedOut(session: string, user: string): void {
    for (const visit of this.#visits.of(user)) {
      if (visit.session !== session) continue
      for (const { room } of visit.rooms) this.#typing.set(room, visit.user, false, this.#steady())
      this.#dismiss(visit, CLOSE.noSession, 'signed out')
    }
    if (!this.#visits.isOnline(user)) this.#presence.leaveAll(user)
  }

  #dismiss(visit: Visit, code: number, reason: string): void {
    this.#letGo(visit)
    visit.connection.close(code, reason)
  }

  /** What one connection owes, or is owed, by now. */
  #look(visit: Visit, time: number): void {
    if (!visit.greeted) {
      if (time - visit.opened >= TIMES.hello) this.#dismiss(visit, CLOSE.noHello, 'no hello')
    } else if (time - visit.heard >= TIMES.deaf) this.#dismiss(visit, CLOSE.goingAway, 'no answer')
    else if (time >= visit.nextBeat) {
      visit.nextBeat = time + TIMES.beat
      this.#beatTo(visit)
    }
  }

  #beatTo(visit: Visit): void {
    visit.asked ??= this.#steady()
    const heads: Record<string, number> = {}
    const counts: Record<string, number> = {}
    for (const { room, live } of visit.rooms) {
      if (!live) continue
      heads[room] = this.#feed.shown(room)
      if (this.#presence.isLarge(room)) counts[room] = this.#presence.count(room)
    }
    const large = Object.keys(counts).length > 0
    visit.connection.send({ type: 'beat', heads, ...(large && { counts }) })
  }

  #welcome({ connection, user }: Visit): Heard<'welcome'> {
    return {
      type: 'welcome',
      version: VERSION,
      connection: connection.id,
      user,
      now: this.#deps.clock.now(),
      beat: TIMES.beat,
      limits: WELCOME_LIMITS,
      build: this.#deps.settings.build,
    }
  }

  #spendJoins(visit: Visit, cost: number): void {
    const now = this.#steady()
    const { joins } = this.#limits
    const left = take(visit.joins, now, joins, cost)
    if (!left)
      throw new ChatError('rateLimited', undefined, { after: waitFor(visit.joins, now, joins, cost) })
    visit.joins = left
  }

  #visit(from: Connection): Visit {
    const visit = this.#visits.get(from)
    if (!visit) throw new ChatError('unauthenticated')
    return visit
  }

  #greeted(from: Connection): Visit {
    const visit = this.#visit(from)
    if (!visit.greeted) throw new ChatError('badFrame')
    return visit
  }

  /** ms of steady time: for all that waits, and nothing that is stored or sent. */
  #steady(): number {
    return this.#time.at(this.#deps.clock.now())
  }
}

/** The one whose beat has been unanswered longest, else the oldest. An answer may be under way for 5 s. */
function leastAlive(visits: readonly Visit[], now: number): Visit {
  const since = ({ asked, opened }: Visit) =>
    [asked !== null && now - asked > 5_000 ? asked : Number.POSITIVE_INFINITY, opened] as const
  return visits.reduce((least, visit) => {
    const [[asked, opened], [leastAsked, leastOpened]] = [since(visit), since(least)]
    return asked < leastAsked || (asked === leastAsked && opened < leastOpened) ? visit : least
  })
}
