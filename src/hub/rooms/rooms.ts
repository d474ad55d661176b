import { ChatError, type NameFault } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { HistoryPage, Role, RoomCard, RoomEntry, Self } from '../../shared/model.ts'
import { slugOf } from '../../shared/roomPath.ts'
import { may, strongerOf } from '../../shared/policy.ts'
import { byteLength, cleanText, graphemesOf, isBlank } from '../../shared/text.ts'
import { awaitWrite } from '../answerFrames.ts'
import { cleanRoomName, NAME_FAULTS } from '../people/cleanName.ts'
import { reservedNames } from '../people/lookAlikeKeys.ts'
import { RoomNames } from './roomNames.ts'
import type { Publisher } from '../messages/publisher.ts'
import type { PresenceTracker } from '../presence/presence.ts'
import type { HistoryQuery, HubDeps, Membership, RoomRow } from '../ports.ts'

interface RoomList {
  rooms: RoomEntry[]
  more: boolean
}

/** One row more than is listed, to know whether more rooms follow. */
const LISTED_AND_ONE = LIMITS.roomsListed + 1
/** The key of room lists and history pages in `inTurn`: thirty of them in one turn of the loop would delay everybody. */
const LONG_READS = 'long reads'

interface RoomsDeps extends HubDeps {
  presence: Pick<PresenceTracker, 'online' | 'counts'>
  publisher: Pick<Publisher, 'publishTopic'>
  /** Tells everybody of a new public room. */
  made(entry: RoomEntry): void
  /** Tells all connections of a person that they are a member from now on. */
  joined(user: string, entry: RoomEntry): void
}

/** Rooms and who is a member of them. */
export class Rooms {
  readonly #deps: RoomsDeps
  readonly #isReserved: (name: string) => boolean
  readonly #roomNames: RoomNames
  /** key → resolves in the turn of the loop in which the next act with this key may begin */
  readonly #turns = new Map<string, Promise<void>>()

  constructor(deps: RoomsDeps) {
    this.#deps = deps
    this.#roomNames = new RoomNames(deps)
    this.#isReserved = reservedNames(deps.settings.siteName, { numbered: true })
  }

  /**
   * The person's rooms by name, then up to 200 others, the busiest first; `more`: there are further ones.
   * @param options `search`: only rooms whose name or slug contains the text; the others are then sorted by slug. `after`: the
   * last room of the previous answer; lists only the others that follow it
   */
  list(self: Self, { search = '', after = '' } = {}): Promise<RoomList> {
    return this.inTurn(LONG_READS, async () => {
      const { store } = this.#deps
      const memberships = await store.memberships(self.id)
      const roles = new Map(memberships.map(({ room, role }) => [room, strongerOf(self.role, role)]))
      const found = search === '' ? null : new Set(await this.#roomNames.find(search, after))
      const own = new Set(after === '' ? roles.keys() : [])
      const joined = await store.roomsBySlug([...(found?.intersection(own) ?? own)])
      const others = found
        ? await store.roomsBySlug([...found.difference(roles)].slice(0, LISTED_AND_ONE))
        : await this.#busiestThenIdle(after, roles)
      const { compare } = new Intl.Collator('en')
      joined.sort((a, b) => compare(a.name, b.name) || compare(a.room, b.room))
      const rooms = [
        ...joined.map((row) => this.#entry(row, roles.get(row.room) ?? self.role, true)),
        ...others.slice(0, LIMITS.roomsListed).map((row) => this.#entry(row, self.role, false)),
      ]
      return { rooms, more: others.length === LISTED_AND_ONE }
    })
  }

  /**
   * Creates a public room; its creator is its owner.
   * @throws ChatError `roomInvalid` with a `reason`; `tooBig`; `roomTaken` with a free name as `suggestion`;
   * `unauthenticated` for a person who has signed out; `unavailable`
   */
  async create(self: Self, typed: { name: string; topic?: string }): Promise<RoomEntry> {
    const cleaned = cleanRoomName(typed.name)
    if ('fault' in cleaned) throw roomInvalid(cleaned.fault)
    const { name } = cleaned
    if (this.#isReserved(name)) throw roomInvalid('reserved')
    const topic = topicOf(typed.topic ?? '')
    // One after the other, so that two people cannot create the same room at once.
    return this.inTurn('new rooms', () => this.#add(self, { name, topic, kind: 'public' }))
  }

  async #add(self: Self, named: Pick<RoomRow, 'name' | 'topic' | 'kind'>): Promise<RoomEntry> {
    const { store, clock, ids, log } = this.#deps
    const { name } = named
    if (await this.#roomNames.isTaken(name)) throw await this.#taken(name)
    // Names that differ may have one slug: in `кухня 1` and `чай 1` it is 1.
    const slug = slugOf(name)
    const room = slug === '' || (await store.room(slug)) ? ids.random(8) : slug
    const row = { room, ...named }
    const added = await awaitWrite(store.addRoom(row, clock.now(), self.id), log)
    if (added === 'nobody') throw new ChatError('unauthenticated')
    if (added === 'taken') throw await this.#taken(name)
    this.#roomNames.add(room, name)
    const entry = this.#entry({ ...row, head: 0, floor: 1 }, 'owner', true)
    this.#deps.made({ ...entry, role: 'guest', joined: false })
    this.#deps.joined(self.id, entry)
    return entry
  }

  /** @throws ChatError `noRoom` */
  async card(room: string): Promise<RoomCard> {
    const row = await this.#deps.store.room(room)
    if (!row) throw new ChatError('noRoom')
    const { name, topic, kind } = row
    return { room, name, topic, kind, count: this.#deps.presence.online(room) }
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
    return this.#entry(changed ?? row, role, membership !== null)
  }

  /** @throws ChatError `noRoom` */
  async history(room: string, query: HistoryQuery, reader: string): Promise<HistoryPage> {
    const page = await this.inTurn(LONG_READS, () => this.#deps.store.history(room, query, reader))
    if (!page) throw new ChatError('noRoom')
    return page
  }

  /**
   * Runs acts with the same key one after another, with a turn of the loop between two: a person's leave and join do not
   * cross, and a burst of requests lets other work run between them.
   */
  inTurn<T>(key: string, act: () => Promise<T>): Promise<T> {
    const { clock } = this.#deps
    const acting = this.#turns.get(key)?.then(act) ?? act()
    const next = acting.then(clock.turn, clock.turn)
    this.#turns.set(key, next)
    void next.then(() => {
      if (this.#turns.get(key) === next) this.#turns.delete(key)
    })
    return acting
  }

  /**
   * Makes the person a member; null if there is no such room. Call it within `inTurn`.
   * @throws ChatError `unauthenticated` for a person who has signed out; `unavailable`
   */
  async addMember(self: Self, room: string): Promise<{ membership: Membership; row: RoomRow } | null> {
    const { store, clock, log } = this.#deps
    const row = await store.room(room)
    if (!row) return null
    const known = await store.membership(self.id, room)
    const membership = known ?? (await awaitWrite(store.addMember(room, self.id, 'guest', clock.now()), log))
    if (membership === 'nobody') throw new ChatError('unauthenticated')
    if (known === null)
      this.#deps.joined(self.id, this.#entry(row, strongerOf(self.role, membership.role), true))
    return { membership, row }
  }

  /** Ends a membership. Call it within `inTurn`. @throws ChatError `unavailable` */
  async removeMember(self: Self, room: string): Promise<void> {
    const { store, log } = this.#deps
    await awaitWrite(store.removeMember(room, self.id), log)
  }

  #entry({ room, name, topic, kind, head }: RoomRow, role: Role, joined: boolean): RoomEntry {
    return { room, name, topic, kind, joined, role, head, count: this.#deps.presence.online(room) }
  }

  /** Rooms not joined, after `after`: the busiest first, then the empty ones by slug. At most `LISTED_AND_ONE`. */
  async #busiestThenIdle(after: string, joined: ReadonlyMap<string, unknown>): Promise<RoomRow[]> {
    const { store } = this.#deps
    const counts = [...this.#deps.presence.counts()].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    const busy = counts.map(([room]) => room)
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

  /** The error for a name that is taken, with a free name as `suggestion`. */
  async #taken(name: string): Promise<ChatError> {
    const beginning = graphemesOf(name).slice(0, 36).join('').trim()
    for (let n = 2; n < 10; n += 1) {
      const suggestion = `${beginning} ${n}`
      if (!(await this.#roomNames.isTaken(suggestion)))
        return new ChatError('roomTaken', undefined, { suggestion })
    }
    return new ChatError('roomTaken', undefined, { suggestion: `room ${this.#deps.ids.random(6)}` })
  }
}

const roomInvalid = (reason: NameFault) => new ChatError('roomInvalid', NAME_FAULTS[reason], { reason })
const topicTooBig = () => new ChatError('tooBig', undefined, { reason: 'topic' })

/** A typed topic as one line, cleaned. @throws ChatError `tooBig` */
function topicOf(typed: string): string {
  const limit = LIMITS.topic
  if (typed.length > 4 * limit.bytes) throw topicTooBig()
  const topic = cleanText(typed).normalize('NFC').trim().replace(/\s+/g, ' ')
  if (byteLength(topic) > limit.bytes || graphemesOf(topic).length > limit.graphemes) throw topicTooBig()
  return isBlank(topic) ? '' : topic
}
