import { ChatError } from '../shared/errors.ts'
import { LIMITS } from '../shared/limits.ts'
import type { HistoryPage, Role, RoomEntry, Self } from '../shared/model.ts'
import { cleanName, countGraphemes, NAME_FAULTS, slugOf } from '../shared/names.ts'
import { may, strongerOf } from '../shared/policy.ts'
import { byteLength, cleanText, isBlank } from '../shared/text.ts'
import { written } from './answers.ts'
import type { Reads } from './notify.ts'
import type { Clock, HistoryQuery, Ids, Log, Membership, RoomRow, Store } from './ports.ts'

/** What a room is made of, as typed. */
export interface NewRoom {
  name: string
  topic?: string
}

interface Deps {
  store: Store
  clock: Clock
  ids: Ids
  log: Log
  reads: Reads
  /** people here now */
  count(room: string): number
  /** puts the topic into the log. Rejects with ChatError `rateLimited`, `overloaded`, `unavailable` */
  topic(self: Self, room: string, text: string): Promise<void>
}

/** Rooms and who is a member of them. */
export class Rooms {
  readonly #deps: Deps
  /** user → the last thing they asked of their memberships */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Makes the room everybody finds, if it is missing. */
  async ensureLobby(): Promise<void> {
    const { store, clock } = this.#deps
    if (await store.room('lobby')) return
    await store.addRoom({ room: 'lobby', name: 'lobby', topic: '', kind: 'public' }, clock.now())
  }

  /** The rooms somebody may see, theirs first, by name. */
  async list(self: Self): Promise<RoomEntry[]> {
    const { store, reads } = this.#deps
    const [rows, memberships] = await Promise.all([store.rooms(), store.memberships(self.id)])
    const mine = new Map(memberships.map((membership) => [membership.room, membership]))
    const entries = rows.map(async (row) => {
      const membership = mine.get(row.room)
      if (!membership) return this.#entry(row, self.role)
      const readSeq = reads.of(self.id, row.room, membership.readSeq)
      const counts = readSeq < row.head ? await store.unread(row.room, self, readSeq) : {}
      return { ...this.#entry(row, strongerOf(self.role, membership.role)), joined: true, readSeq, ...counts }
    })
    const order = new Intl.Collator('en').compare
    return (await Promise.all(entries)).sort(
      (a, b) => Number(b.joined) - Number(a.joined) || order(a.name, b.name) || order(a.room, b.room),
    )
  }

  /**
   * Makes a public room; its maker is its owner.
   * @throws ChatError `roomInvalid` with the fault in words; `tooBig`; `roomTaken` with a free name as `suggestion`; `unavailable`
   */
  async make(self: Self, made: NewRoom): Promise<RoomEntry> {
    const { store, clock, ids, log } = this.#deps
    const cleaned = cleanName(made.name, LIMITS.roomName)
    if ('fault' in cleaned) throw new ChatError('roomInvalid', ROOM_FAULTS[cleaned.fault])
    const { name } = cleaned
    const topic = topicOf(made.topic ?? '')
    const slug = slugOf(name)
    const room = slug || ids.random(8)
    const row = { room, name, topic, kind: 'public' } as const
    const added = await written(store.addRoom(row, clock.now(), self.id), log)
    if (added === 'taken') throw await this.#taken(name)
    return { ...this.#entry({ ...row, head: 0, floor: 1 }, 'owner'), joined: true }
  }

  /**
   * Says what a room is about, for who may; the same again is not said again.
   * @throws ChatError `noRoom`, `forbidden`, `tooBig`, `rateLimited`, `overloaded`, `unavailable`
   */
  async setTopic(self: Self, room: string, typed: string): Promise<RoomEntry> {
    const { store } = this.#deps
    const [row, membership] = await Promise.all([store.room(room), store.membership(self.id, room)])
    if (!row) throw new ChatError('noRoom')
    const role = membership ? strongerOf(self.role, membership.role) : self.role
    if (!may({ id: self.id, role }, 'topic')) throw new ChatError('forbidden')
    const topic = topicOf(typed)
    if (topic !== row.topic) await this.#deps.topic(self, room, topic)
    const entry = (await this.list(self)).find((one) => one.room === room)
    if (!entry) throw new ChatError('noRoom')
    return entry
  }

  /** @throws ChatError `noRoom` */
  async history(room: string, query: HistoryQuery, reader?: string): Promise<HistoryPage> {
    const page = await this.#deps.store.history(room, query, reader)
    if (!page) throw new ChatError('noRoom')
    return page
  }

  /** One after another what a person's connections do to their memberships: a leave and a join do not cross. */
  inTurn<T>(user: string, act: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(user) ?? Promise.resolve()).then(act, act)
    this.#turns.set(user, turn)
    const done = () => {
      if (this.#turns.get(user) === turn) this.#turns.delete(user)
    }
    turn.then(done, done)
    return turn
  }

  /**
   * Lets somebody in, a member from now on; null if there is no such room or it is closed to them. Called in turn.
   * @param known what they are already, if that was read in this turn
   */
  async enter(self: Self, room: string, known?: Membership): Promise<(Membership & { head: number }) | null> {
    const { store, clock, log } = this.#deps
    const row = await store.room(room)
    if (!row) return null
    const membership = known ?? (await store.membership(self.id, room))
    const found = membership ?? (await written(store.addMember(room, self.id, 'guest', clock.now()), log))
    return { ...found, role: strongerOf(self.role, found.role), head: row.head }
  }

  /** Ends a membership. Called in turn. */
  async exit(self: Self, room: string): Promise<void> {
    const { store, log } = this.#deps
    await written(store.removeMember(room, self.id), log)
  }

  #entry({ room, name, topic, kind, head }: RoomRow, role: Role): RoomEntry {
    const count = this.#deps.count(room)
    return { room, name, topic, kind, joined: false, role, head, readSeq: 0, unread: 0, mentions: 0, count }
  }

  async #taken(name: string): Promise<ChatError> {
    for (let n = 2; n < 10; n += 1) {
      // A slug is cut at 40: from a long name the number must not be.
      const suggestion = `${name.slice(0, 36).toWellFormed().trim()} ${n}`
      const slug = slugOf(suggestion)
      if (slug.endsWith(`-${n}`) && !(await this.#deps.store.room(slug)))
        return new ChatError('roomTaken', undefined, { suggestion })
    }
    return new ChatError('roomTaken', undefined, { suggestion: `room ${this.#deps.ids.random(6)}` })
  }
}

/** A fault of a room's name in words; most are said of a person's in the same. */
const ROOM_FAULTS: typeof NAME_FAULTS = {
  ...NAME_FAULTS,
  empty: 'Give the room a name with at least one letter, digit or emoji.',
  long: `A room's name has at most ${LIMITS.roomName.graphemes} characters.`,
}

/** One line of what the room is about. @throws ChatError `tooBig` */
function topicOf(typed: string): string {
  const most = LIMITS.topic
  if (typed.length > 4 * most.bytes) throw new ChatError('tooBig')
  const topic = cleanText(typed).normalize('NFC').trim().replace(/\s+/g, ' ')
  if (byteLength(topic) > most.bytes || countGraphemes(topic) > most.graphemes) throw new ChatError('tooBig')
  return isBlank(topic) ? '' : topic
}
