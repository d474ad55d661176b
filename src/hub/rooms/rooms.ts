import { ChatError } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { HistoryPage, Role, RoomEntry, Self } from '../../shared/model.ts'
import { cleanName, countGraphemes, NAME_FAULTS, type NameFault, slugOf } from '../../shared/names.ts'
import { may, strongerOf } from '../../shared/policy.ts'
import { byteLength, cleanText, isBlank } from '../../shared/text.ts'
import { awaitWrite } from '../answerFrames.ts'
import { LookAlikes } from './roomLookAlikes.ts'
import { reservedRooms } from '../people/lookAlikeKeys.ts'
import { RoomNames } from './roomNames.ts'
import type { Publisher } from '../messages/publisher.ts'
import type { PresenceTracker } from '../presence/presence.ts'
import type { Clock, HistoryQuery, Ids, Log, Membership, RoomRow, Store } from '../ports.ts'

/** The name and topic of a new room, as typed. */
export interface NewRoom {
  name: string
  topic?: string
}

/** ms for which the order of busy rooms is cached */
const BUSY_CACHE_MS = 1_000
/** Reads one row more than are listed, to know whether there are more. */
const LISTED_AND_ONE = LIMITS.roomsListed + 1

interface RoomsDeps {
  store: Store
  clock: Clock
  ids: Ids
  log: Log
  siteName: string
  presence: Pick<PresenceTracker, 'count' | 'counts'>
  publisher: Pick<Publisher, 'publishTopic'>
}

/** Rooms and who is a member of them. */
export class Rooms {
  readonly #deps: RoomsDeps
  readonly #isReserved: (name: string) => boolean
  readonly #lookAlikes: LookAlikes
  /** user → the last change of their memberships that was begun */
  readonly #membershipTurns = new Map<string, Promise<unknown>>()
  readonly #roomNames: RoomNames
  /** when the next long read may begin; null: at once */
  #nextReadTurn: Promise<void> | null = null
  #busy: { at: number; rooms: readonly string[] } = { at: Number.NEGATIVE_INFINITY, rooms: [] }

  constructor(deps: RoomsDeps) {
    this.#deps = deps
    this.#roomNames = new RoomNames(deps.store)
    this.#isReserved = reservedRooms(deps.siteName)
    this.#lookAlikes = new LookAlikes(deps)
  }

  /** Creates the lobby if it is missing. */
  async ensureLobby(): Promise<void> {
    const { store, clock } = this.#deps
    if (await store.room('lobby')) return
    await store.addRoom({ room: 'lobby', name: 'lobby', topic: '', kind: 'public' }, clock.now())
  }

  /**
   * The person's rooms by name, then up to 200 others, the busiest first. `search`: only rooms whose name contains the text,
   * the others by slug. `after`: only other rooms, from that slug on. `more`: there are further rooms.
   */
  async list(self: Self, { search = '', after = '' } = {}): Promise<{ rooms: RoomEntry[]; more: boolean }> {
    const { store } = this.#deps
    await this.#readTurn()
    const memberships = await store.memberships(self.id)
    const roles = new Map(memberships.map(({ room, role }) => [room, strongerOf(self.role, role)]))
    const found = search === '' ? null : await this.#roomNames.find(search, after)
    const others = found
      ? await store.roomsBySlug(found.filter((room) => !roles.has(room)).slice(0, LISTED_AND_ONE))
      : await this.#busiestThenIdle(after, roles)
    const joined =
      after === ''
        ? await store.roomsBySlug(found?.filter((room) => roles.has(room)) ?? [...roles.keys()])
        : []
    const order = new Intl.Collator('en').compare
    const rooms = [
      ...joined
        .map((row) => ({ ...this.#entry(row, roles.get(row.room) ?? self.role), joined: true }))
        .sort((a, b) => order(a.name, b.name) || order(a.room, b.room)),
      ...others.slice(0, LIMITS.roomsListed).map((row) => this.#entry(row, self.role)),
    ]
    return { rooms, more: others.length === LISTED_AND_ONE }
  }

  /**
   * Creates a public room; its creator is its owner.
   * @throws ChatError `roomInvalid` with a `reason`; `tooBig`; `roomTaken` with a free name as `suggestion`;
   * `unauthenticated` for a person who has signed out; `unavailable`
   */
  async create(self: Self, typed: NewRoom): Promise<RoomEntry> {
    const { store, clock, ids, log } = this.#deps
    const cleaned = cleanName(typed.name, LIMITS.roomName)
    if ('fault' in cleaned) throw roomInvalid(cleaned.fault)
    const { name } = cleaned
    if (this.#isReserved(name)) throw roomInvalid('reserved')
    const topic = topicOf(typed.topic ?? '')
    const slug = slugOf(name)
    const room = slug || ids.random(8)
    if (await this.#lookAlikes.has(name)) throw await this.#taken(name)
    const row = { room, name, topic, kind: 'public' } as const
    const added = await awaitWrite(store.addRoom(row, clock.now(), self.id), log)
    if (added === 'nobody') throw new ChatError('unauthenticated')
    if (added === 'taken') throw await this.#taken(name)
    this.#lookAlikes.add(room, name)
    await this.#roomNames.add(room, name)
    return { ...this.#entry({ ...row, head: 0, floor: 1 }, 'owner'), joined: true }
  }

  /**
   * Changes the topic of a room. An unchanged topic makes no event.
   * @throws ChatError `noRoom`, `forbidden`, `tooBig`, `rateLimited`, `overloaded`, `unavailable`
   */
  async setTopic(self: Self, room: string, typed: string): Promise<RoomEntry> {
    const { store, publisher } = this.#deps
    const [row, membership] = await Promise.all([store.room(room), store.membership(self.id, room)])
    if (!row) throw new ChatError('noRoom')
    const role = membership ? strongerOf(self.role, membership.role) : self.role
    if (!may({ id: self.id, role }, 'topic')) throw new ChatError('forbidden')
    const topic = topicOf(typed)
    if (topic !== row.topic) await publisher.publishTopic(self, room, topic)
    const changed = await store.room(room)
    return { ...this.#entry(changed ?? row, role), joined: membership !== null }
  }

  /** @throws ChatError `noRoom` */
  async history(room: string, query: HistoryQuery, reader: string): Promise<HistoryPage> {
    await this.#readTurn()
    const page = await this.#deps.store.history(room, query, reader)
    if (!page) throw new ChatError('noRoom')
    return page
  }

  /**
   * Runs what a person's connections do to their memberships one after another: a leave and a join do not cross. Between
   * two of them all others have a turn of the loop.
   */
  inTurn<T>(user: string, act: () => Promise<T>): Promise<T> {
    const before = this.#membershipTurns.get(user)
    const turn =
      before === undefined ? act() : before.then(this.#deps.clock.turn, this.#deps.clock.turn).then(act)
    this.#membershipTurns.set(user, turn)
    const done = () => {
      if (this.#membershipTurns.get(user) === turn) this.#membershipTurns.delete(user)
    }
    turn.then(done, done)
    return turn
  }

  /**
   * Makes the person a member; null if there is no such room, or if it is closed to them. Called in turn.
   * @throws ChatError `unauthenticated` for a person who has signed out; `unavailable`
   */
  async enter(self: Self, room: string): Promise<{ membership: Membership; row: RoomRow } | null> {
    const { store, clock, log } = this.#deps
    const row = await store.room(room)
    if (!row) return null
    const membership = await store.membership(self.id, room)
    const found = membership ?? (await awaitWrite(store.addMember(room, self.id, 'guest', clock.now()), log))
    if (found === 'nobody') throw new ChatError('unauthenticated')
    return { membership: found, row }
  }

  /** Ends a membership. Called in turn. */
  async exit(self: Self, room: string): Promise<void> {
    const { store, log } = this.#deps
    await awaitWrite(store.removeMember(room, self.id), log)
  }

  #entry({ room, name, topic, kind, head }: RoomRow, role: Role): RoomEntry {
    return { room, name, topic, kind, joined: false, role, head, count: this.#deps.presence.count(room) }
  }

  /** Rooms not joined, from `after` on: the busiest first, then the idle ones by slug; one more than are listed, if there is. */
  async #busiestThenIdle(after: string, joined: ReadonlyMap<string, unknown>): Promise<RoomRow[]> {
    const { store } = this.#deps
    const busy = this.#busiest()
    const at = busy.indexOf(after)
    const next = after === '' || at >= 0 ? busy.slice(at + 1) : []
    const wanted = next.filter((room) => !joined.has(room)).slice(0, LISTED_AND_ONE)
    const found = new Map((await store.roomsBySlug(wanted)).map((row) => [row.room, row]))
    const rows = wanted.flatMap((room) => found.get(room) ?? [])
    if (rows.length === LISTED_AND_ONE) return rows
    const idleAfter = at < 0 ? after : ''
    const idle = await store.roomsAfter(idleAfter, LISTED_AND_ONE - rows.length, [...busy, ...joined.keys()])
    return [...rows, ...idle]
  }

  /** Rooms that are not empty, the busiest first; worked out once a second at most. */
  #busiest(): readonly string[] {
    const { clock, presence } = this.#deps
    const now = clock.elapsed()
    if (now - this.#busy.at >= BUSY_CACHE_MS) {
      const all = [...presence.counts()].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
      this.#busy = { at: now, rooms: all.map(([room]) => room) }
    }
    return this.#busy.rooms
  }

  /** Waits for a turn of the loop without another long read: thirty in one turn would hold all others up. */
  #readTurn(): Promise<void> {
    const { clock } = this.#deps
    const turn = this.#nextReadTurn
    const next = turn?.then(clock.turn) ?? clock.turn()
    this.#nextReadTurn = next
    void next.then(() => {
      if (this.#nextReadTurn === next) this.#nextReadTurn = null
    })
    return turn ?? Promise.resolve()
  }

  async #taken(name: string): Promise<ChatError> {
    for (let n = 2; n < 10; n += 1) {
      // A slug is cut at 40: from a long name the number must not be.
      const suggestion = `${name.slice(0, 36).toWellFormed().trim()} ${n}`
      const slug = slugOf(suggestion)
      if (!slug.endsWith(`-${n}`) || (await this.#deps.store.room(slug))) continue
      if (!(await this.#lookAlikes.has(suggestion)))
        return new ChatError('roomTaken', undefined, { suggestion })
    }
    return new ChatError('roomTaken', undefined, { suggestion: `room ${this.#deps.ids.random(6)}` })
  }
}

/** A fault of a room's name in words; most are said of a person's in the same. */
const ROOM_FAULTS: typeof NAME_FAULTS = {
  ...NAME_FAULTS,
  empty: 'A room’s name needs at least one letter, digit or emoji.',
  long: `A room’s name has at most ${LIMITS.roomName.graphemes} characters.`,
}

const roomInvalid = (reason: NameFault) => new ChatError('roomInvalid', ROOM_FAULTS[reason], { reason })
const topicTooBig = () => new ChatError('tooBig', undefined, { reason: 'topic' })

/** One line of what the room is about. @throws ChatError `tooBig` */
function topicOf(typed: string): string {
  const limit = LIMITS.topic
  if (typed.length > 4 * limit.bytes) throw topicTooBig()
  const topic = cleanText(typed).normalize('NFC').trim().replace(/\s+/g, ' ')
  if (byteLength(topic) > limit.bytes || countGraphemes(topic) > limit.graphemes) throw topicTooBig()
  return isBlank(topic) ? '' : topic
}
