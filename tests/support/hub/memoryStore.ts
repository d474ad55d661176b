import type {
  Draft,
  HistoryQuery,
  Membership,
  NewestMessages,
  NewGuest,
  Outcome,
  OwnEvent,
  RoomRow,
  SessionRow,
  Stale,
  Store,
  UnreadAtHead,
} from '../../../src/hub/ports.ts'
import { ChatError } from '../../../src/shared/errors.ts'
import { LIMITS } from '../../../src/shared/limits.ts'
import type { HistoryPage, Role, RoomEvent, User } from '../../../src/shared/model.ts'
import { mentionsName } from '../../../src/shared/text.ts'
import { MemoryLog } from './memoryStore/log.ts'
import { eventsAfter, historyOf, newestOf } from './memoryStore/pages.ts'
import { MemoryPeople } from './memoryStore/people.ts'
import { emptyRoom, hasText, rowOf } from './memoryStore/room.ts'

/**
 * A whole `Store` in memory: what the contract suite holds the others against, and what the hub is tested on. Each write
 * is done within its call unless `pause()` holds it back; every promise settles in a microtask. The methods after
 * `close` are the test's: they play the disk, the retention and the backup.
 */
export class MemoryStore implements Store {
  readonly #log = new MemoryLog()
  readonly #people = new MemoryPeople(this.#log)

  #waiting: (() => void)[] | null = null
  #broken = { writes: false, reads: false }
  #closed = false
  /** how many drafts each `commit` brought, in order: what a test asks about batches */
  readonly batches: number[] = []

  constructor() {
    this.#log.rooms.set('lobby', emptyRoom({ room: 'lobby', name: 'lobby', topic: '', kind: 'public' }))
  }

  commit(drafts: readonly Draft[]): Promise<Outcome[]> {
    this.batches.push(drafts.length)
    return this.#write((works) =>
      drafts.map((draft) => (works ? this.#log.store(draft) : { result: 'failed' })),
    )
  }

  events(slug: string, after: number, limit: number): Promise<RoomEvent[]> {
    return this.#read(() => {
      const room = this.#log.rooms.get(slug)
      return room === undefined ? [] : eventsAfter(room, after, limit)
    })
  }

  eventsOf(user: string, after: OwnEvent | null, limit: number): Promise<OwnEvent[]> {
    return this.#read(() => this.#log.eventsOf(user, after, limit))
  }

  idAt(room: string, seq: number): Promise<string | null> {
    return this.#read(() => this.#log.rooms.get(room)?.events[seq - 1]?.id ?? null)
  }

  newest(slug: string, limit: number): Promise<NewestMessages | null> {
    return this.#read(() => {
      const room = this.#log.rooms.get(slug)
      return room === undefined ? null : newestOf(room, limit)
    })
  }

  mine(user: string, ids: readonly string[]): Promise<Map<string, string[]>> {
    return this.#read(() => {
      const mine = new Map<string, string[]>()
      for (const { reactions } of this.#log.rooms.values())
        for (const id of ids) {
          const shown = [...(reactions.get(id) ?? [])].filter(([, people]) => people.has(user))
          if (shown.length > 0) mine.set(id, shown.map(([emoji]) => emoji).toSorted())
        }
      return mine
    })
  }

  history(slug: string, query: HistoryQuery, reader?: string): Promise<HistoryPage | null> {
    return this.#read(() => {
      const room = this.#log.rooms.get(slug)
      return room === undefined ? null : historyOf(room, query, reader)
    })
  }

  room(slug: string): Promise<RoomRow | null> {
    return this.#read(() => {
      const room = this.#log.rooms.get(slug)
      return room === undefined ? null : rowOf(room)
    })
  }

  roomsBySlug(rooms: readonly string[]): Promise<RoomRow[]> {
    return this.#read(() => this.#sortedRooms().filter(({ room }) => rooms.includes(room)))
  }

  roomsAfter(after: string, limit: number, but: readonly string[] = []): Promise<RoomRow[]> {
    return this.#read(() =>
      this.#sortedRooms()
        .filter(({ room }) => room > after && !but.includes(room))
        .slice(0, limit),
    )
  }

  roomNames(): Promise<(readonly [room: string, name: string])[]> {
    return this.#read(() => [...this.#log.rooms.values()].map(({ room, name }) => [room, name] as const))
  }

  anyRoomLargerThan(rooms: readonly string[], members: number): Promise<boolean> {
    return this.#read(() => rooms.some((room) => this.#people.countMembers(room) > members))
  }

  heads(rooms: readonly string[]): Promise<Map<string, number>> {
    return this.#read(() => {
      const heads = new Map<string, number>()
      for (const slug of rooms) {
        const room = this.#log.rooms.get(slug)
        if (room !== undefined) heads.set(slug, room.events.length)
      }
      return heads
    })
  }

  addRoom(
    room: Omit<RoomRow, 'head' | 'floor'>,
    _at: number,
    maker?: string,
  ): Promise<'added' | 'taken' | 'nobody'> {
    return this.#change(() => {
      if (maker !== undefined && !this.#people.has(maker)) return 'nobody'
      if (this.#log.rooms.has(room.room)) return 'taken'
      this.#log.rooms.set(room.room, emptyRoom(room))
      if (maker !== undefined) this.#people.join(room.room, maker, 'owner')
      return 'added'
    })
  }

  memberships(user: string): Promise<Membership[]> {
    return this.#read(() => this.#people.memberships(user).map((membership) => ({ ...membership })))
  }

  membership(user: string, room: string): Promise<Membership | null> {
    return this.#read(() => {
      const membership = this.#people.membership(user, room)
      return membership === undefined ? null : { ...membership }
    })
  }

  addMember(room: string, user: string, role: Role, _at: number): Promise<Membership | 'nobody'> {
    return this.#change(() =>
      this.#people.has(user) ? { ...this.#people.join(room, user, role) } : 'nobody',
    )
  }

  removeMember(room: string, user: string): Promise<void> {
    return this.#change(() => this.#people.leave(room, user))
  }

  saveReads(reads: readonly { room: string; user: string; seq: number }[]): Promise<void> {
    return this.#change(() => {
      for (const { room, user, seq } of reads) {
        const membership = this.#people.membership(user, room)
        if (membership !== undefined) membership.readSeq = Math.max(membership.readSeq, seq)
      }
    })
  }

  unread(slug: string, user: User, after: number): Promise<UnreadAtHead> {
    return this.#read(() => {
      const room = this.#log.rooms.get(slug)
      const unread = [...(room?.messages.values() ?? [])]
        .filter(({ kind, seq, user: author }) => kind === 'message' && seq > after && author?.id !== user.id)
        .filter(hasText)
        .slice(-LIMITS.unread)
      const mentions = unread.filter(({ text }) => text !== undefined && mentionsName(text, user.name))
      return { unread: unread.length, mentions: mentions.length, head: room?.events.length ?? 0 }
    })
  }

  addGuest(guest: NewGuest, stale: Stale): Promise<'added' | 'taken'> {
    return this.#change(() => this.#people.addGuest(guest, stale))
  }

  rename(...args: Parameters<Store['rename']>): Promise<'renamed' | 'taken' | 'nobody'> {
    return this.#change(() => this.#people.rename(...args))
  }

  nameTaken(keys: readonly string[], at: number, stale: Stale, user?: string): Promise<boolean> {
    return this.#read(() => this.#people.isTaken(keys, at, stale, user))
  }

  session(hash: string): Promise<SessionRow | null> {
    return this.#read(() => this.#people.session(hash))
  }

  touch(hash: string, at: number): Promise<void> {
    return this.#change(() => this.#people.touch(hash, at))
  }

  endSession(hash: string): Promise<void> {
    return this.#change(() => this.#people.endSession(hash))
  }

  forget(stale: Stale): Promise<void> {
    return this.#change(() => this.#people.forgetStale(stale))
  }

  purge(before: number, limit: number): Promise<number> {
    return this.#change(() => this.#log.purge(before, limit))
  }

  close(): Promise<void> {
    return this.#write(() => {
      this.#closed = true
    })
  }

  /** From now on writes wait, in their order: a slow disk. */
  pause(): void {
    this.#waiting ??= []
  }

  /** Lets happen what waited, and what comes. */
  resume(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = null
    for (const write of waiting) write()
  }

  /** From now on commits answer `failed` and other writes reject, or reads reject: a full or a broken disk. */
  fail(what: 'writes' | 'reads'): void {
    this.#broken = { ...this.#broken, [what]: true }
  }

  /** The disk works again. */
  heal(): void {
    this.#broken = { writes: false, reads: false }
  }

  /** One more session of a person, as another device of theirs has it. */
  lend(user: string, session: string): void {
    this.#people.addSession(user, session)
  }

  /** Retention: what lies below `floor` is gone. */
  retain(room: string, floor: number): void {
    this.#log.retain(room, floor)
  }

  /** Empties one event, and what became of it. */
  erase(room: string, seq: number): void {
    this.#log.erase(room, seq)
  }

  /** A restored backup: the room's log ends at `head`. */
  rewind(room: string, head: number): void {
    this.#log.rewind(room, head)
  }

  #sortedRooms(): RoomRow[] {
    return [...this.#log.rooms.values()].map(rowOf).sort((a, b) => (a.room < b.room ? -1 : 1))
  }

  async #read<T>(ask: () => T): Promise<T> {
    if (this.#closed) throw new TypeError('the store is closed')
    if (this.#broken.reads) throw new ChatError('unavailable')
    return ask()
  }

  #change<T>(make: () => T): Promise<T> {
    return this.#write((works) => {
      if (!works) throw new ChatError('unavailable')
      return make()
    })
  }

  async #write<T>(make: (works: boolean) => T): Promise<T> {
    if (this.#closed) throw new TypeError('the store is closed')
    const waiting = this.#waiting
    if (waiting === null) return make(!this.#broken.writes)
    return new Promise((resolve, reject) => {
      waiting.push(() => {
        try {
          resolve(make(!this.#broken.writes))
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      })
    })
  }
}

export function memoryStore(): MemoryStore {
  return new MemoryStore()
}
