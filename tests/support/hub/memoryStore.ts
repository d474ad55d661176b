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
  Tally,
} from '../../../src/hub/ports.ts'
import { ChatError } from '../../../src/shared/errors.ts'
import { LIMITS } from '../../../src/shared/limits.ts'
import type {
  HistoryMessage,
  HistoryPage,
  ReactionCount,
  Role,
  RoomEvent,
  Self,
  User,
} from '../../../src/shared/model.ts'
import { mentionsName } from '../../../src/shared/text.ts'

const MOST_IDS = 50

interface Room extends Omit<RoomRow, 'head'> {
  /** seq 1 is at 0 */
  events: RoomEvent[]
  /** what stands in the timeline, by seq, but for its reactions */
  messages: Map<number, HistoryMessage>
  /** each emoji shown, in the order in which they began, with who shows it, in theirs */
  reactions: Map<string, Map<string, Map<string, User>>>
}
interface MemoryPerson {
  self: Self
  seen: number
}
interface HeldKey {
  user: string
  /** null: a key of the present name */
  until: number | null
}

/**
 * A whole `Store` in memory: what the contract suite holds the others against, and what the hub is tested on. Each write
 * is done within its call unless `pause()` holds it back; every promise settles in a microtask. The methods after
 * `close` are the test's: they play the disk, the retention and the backup.
 */
export class MemoryStore implements Store {
  readonly #rooms = new Map<string, Room>()
  /** `said`: null once it is gone */
  readonly #nonces = new Map<string, { said: string | null; seq: number; id: string; at: number }>()
  readonly #ids = new Set<string>()
  readonly #people = new Map<string, MemoryPerson>()
  readonly #keys = new Map<string, HeldKey>()
  readonly #sessions = new Map<string, { user: string; seen: number }>()
  /** user → room → membership */
  readonly #members = new Map<string, Map<string, Membership>>()

  #waiting: (() => void)[] | null = null
  #broken = { writes: false, reads: false }
  #closed = false
  /** how many drafts each `commit` brought, in order: what a test asks about batches */
  readonly batches: number[] = []

  constructor() {
    this.#rooms.set('lobby', aRoom({ room: 'lobby', name: 'lobby', topic: '', kind: 'public' }))
  }

  commit(drafts: readonly Draft[]): Promise<Outcome[]> {
    this.batches.push(drafts.length)
    return this.#write((works) => drafts.map((draft) => (works ? this.#stored(draft) : { result: 'failed' })))
  }

  events(room: string, after: number, limit: number): Promise<RoomEvent[]> {
    return this.#read(() => {
      const page = (this.#rooms.get(room)?.events ?? []).filter(({ seq }) => seq > after).slice(0, limit)
      while (page.length > 1 && Buffer.byteLength(JSON.stringify(page)) > LIMITS.pageBytes) page.pop()
      return page
    })
  }

  eventsOf(user: string, after: OwnEvent | null, limit: number): Promise<OwnEvent[]> {
    return this.#read(() => {
      const all = [...this.#rooms].flatMap(([room, { events }]) =>
        events
          .filter((event) => 'user' in event && event.user?.id === user)
          .map((event): OwnEvent => ({
            nonce: ('nonce' in event && event.nonce) || null,
            room,
            seq: event.seq,
          })),
      )
      const order = ({ nonce, room, seq }: OwnEvent) =>
        nonce === null ? `0 ${room} ${String(seq).padStart(16, '0')}` : `1 ${nonce}`
      return all
        .toSorted((one, other) => (order(one) < order(other) ? -1 : 1))
        .filter((one) => after === null || order(one) > order(after))
        .slice(0, limit)
    })
  }

  idAt(room: string, seq: number): Promise<string | null> {
    return this.#read(() => this.#rooms.get(room)?.events[seq - 1]?.id ?? null)
  }

  newest(slug: string, limit: number): Promise<NewestMessages | null> {
    return this.#read(() => {
      const room = this.#rooms.get(slug)
      if (room === undefined) return null
      const { events, floor } = room
      const kept = [...room.messages.values()].filter(({ seq }) => seq >= floor)
      const first = kept.filter(hasText).at(-limit)
      const from = first === undefined ? 0 : kept.indexOf(first)
      const rows = limit === 0 ? [] : kept.slice(Math.max(from, kept.length - LIMITS.firstRows))
      const messages = fitting(rows.map((message) => sharedOf(room, message)).reverse()).reverse()
      const at = { seq: events.length, id: events.at(-1)?.id ?? null }
      return { at, floor, messages, older: messages.length < kept.length }
    })
  }

  mine(user: string, ids: readonly string[]): Promise<Map<string, string[]>> {
    return this.#read(() => {
      const mine = new Map<string, string[]>()
      for (const { reactions } of this.#rooms.values())
        for (const id of ids) {
          const emoji = [...(reactions.get(id) ?? [])].filter(([, people]) => people.has(user))
          if (emoji.length > 0) mine.set(id, emoji.map(([one]) => one).toSorted())
        }
      return mine
    })
  }

  history(slug: string, query: HistoryQuery, reader?: string): Promise<HistoryPage | null> {
    return this.#read(() => {
      const room = this.#rooms.get(slug)
      if (room === undefined) return null
      const { floor } = room
      const head = room.events.length
      const kept = [...room.messages.values()].filter(({ seq }) => seq >= floor)
      const told = (some: readonly HistoryMessage[]) => some.map((message) => toldOf(room, message, reader))
      if (query.at === 'ids') {
        const all = told(picked(kept, query.ids))
        const messages = fitting(all.toReversed()).reverse()
        return { messages, head, floor, older: messages.length < all.length, newer: false }
      }
      const all = query.at === 'pinned' ? kept.filter(({ pinned }) => pinned) : kept
      const [from, to] = rangeOf(all, query)
      const middle =
        query.at === 'around'
          ? all.filter(({ seq }) => seq < query.seq).length
          : query.at === 'after'
            ? from
            : to
      const half = query.at === 'around' ? LIMITS.pageBytes / 2 : LIMITS.pageBytes
      const behind = fitting(told(all.slice(middle, to)), half)
      const left = LIMITS.pageBytes - bytesOf(behind)
      const ahead = fitting(told(all.slice(from, middle)).reverse(), left, behind.length > 0 ? 0 : 1)
      return {
        messages: [...ahead.toReversed(), ...behind],
        head,
        floor,
        older: middle - ahead.length > 0,
        newer: middle + behind.length < all.length && query.at !== 'pinned',
      }
    })
  }

  room(room: string): Promise<RoomRow | null> {
    return this.#read(() => {
      const found = this.#rooms.get(room)
      return found === undefined ? null : rowOf(found)
    })
  }

  roomsBySlug(rooms: readonly string[]): Promise<RoomRow[]> {
    return this.#read(() => this.#sorted().filter(({ room }) => rooms.includes(room)))
  }

  roomsAfter(after: string, limit: number, but: readonly string[] = []): Promise<RoomRow[]> {
    return this.#read(() =>
      this.#sorted()
        .filter(({ room }) => room > after && !but.includes(room))
        .slice(0, limit),
    )
  }

  roomNames(): Promise<(readonly [room: string, name: string])[]> {
    return this.#read(() => [...this.#rooms.values()].map(({ room, name }) => [room, name] as const))
  }

  anyRoomLargerThan(rooms: readonly string[], members: number): Promise<boolean> {
    const count = (room: string) => [...this.#members.values()].filter((theirs) => theirs.has(room)).length
    return this.#read(() => rooms.some((room) => count(room) > members))
  }

  heads(rooms: readonly string[]): Promise<Map<string, number>> {
    return this.#read(() => {
      const heads = new Map<string, number>()
      for (const room of rooms) {
        const found = this.#rooms.get(room)
        if (found !== undefined) heads.set(room, found.events.length)
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
      if (this.#rooms.has(room.room)) return 'taken'
      this.#rooms.set(room.room, aRoom(room))
      if (maker !== undefined) this.#join(room.room, maker, 'owner')
      return 'added'
    })
  }

  memberships(user: string): Promise<Membership[]> {
    return this.#read(() =>
      [...(this.#members.get(user)?.values() ?? [])]
        .map((membership) => ({ ...membership }))
        .sort((a, b) => (a.room < b.room ? -1 : 1)),
    )
  }

  membership(user: string, room: string): Promise<Membership | null> {
    return this.#read(() => {
      const found = this.#members.get(user)?.get(room)
      return found === undefined ? null : { ...found }
    })
  }

  addMember(room: string, user: string, role: Role, _at: number): Promise<Membership | 'nobody'> {
    return this.#change(() => (this.#people.has(user) ? { ...this.#join(room, user, role) } : 'nobody'))
  }

  removeMember(room: string, user: string): Promise<void> {
    return this.#change(() => {
      this.#members.get(user)?.delete(room)
    })
  }

  saveReads(reads: readonly { room: string; user: string; seq: number }[]): Promise<void> {
    return this.#change(() => {
      for (const { room, user, seq } of reads) {
        const membership = this.#members.get(user)?.get(room)
        if (membership !== undefined) membership.readSeq = Math.max(membership.readSeq, seq)
      }
    })
  }

  unread(
    room: string,
    user: User,
    after: number,
  ): Promise<{ unread: number; mentions: number; head: number }> {
    return this.#read(() => {
      const found = this.#rooms.get(room)
      const unread = [...(found?.messages.values() ?? [])]
        .filter(({ kind, seq, user: author }) => kind === 'message' && seq > after && author?.id !== user.id)
        .filter(hasText)
        .slice(-LIMITS.unread)
      const mentions = unread.filter(({ text }) => text !== undefined && mentionsName(text, user.name))
      return { unread: unread.length, mentions: mentions.length, head: found?.events.length ?? 0 }
    })
  }

  tally(room: string, after: number): Promise<Tally> {
    return this.#read(() => {
      const found = this.#rooms.get(room)
      const messages = [...(found?.messages.values() ?? [])]
        .filter(({ kind, seq }) => kind === 'message' && seq > after)
        .filter(hasText)
        .slice(-LIMITS.unread)
        .toReversed()
        .map(({ seq, user, text }) => [seq, user?.id ?? null, text.includes('@') ? text : null] as const)
      const from = messages.length < LIMITS.unread ? after : (messages.at(-1)?.[0] ?? 0) - 1
      return { head: found?.events.length ?? 0, from, messages }
    })
  }

  addGuest(guest: NewGuest, stale: Stale): Promise<'added' | 'taken'> {
    return this.#change(() => {
      if (!this.#takes(guest.id, guest.keys, guest.at, stale)) return 'taken'
      const self: Self = { id: guest.id, name: guest.name, role: 'guest' }
      this.#people.set(guest.id, { self, seen: guest.at })
      this.#sessions.set(guest.session, { user: guest.id, seen: guest.at })
      const first = [guest.room, 'lobby'].find((one) => one !== undefined && this.#rooms.has(one))
      if (guest.room !== undefined && first !== undefined) this.#join(first, guest.id, 'guest')
      return 'added'
    })
  }

  rename(
    user: string,
    name: string,
    keys: readonly string[],
    at: number,
    heldUntil: number,
    stale: Stale,
  ): Promise<'renamed' | 'taken' | 'nobody'> {
    return this.#change(() => {
      const person = this.#people.get(user)
      if (person === undefined) return 'nobody'
      if (!this.#takes(user, keys, at, stale)) return 'taken'
      for (const [key, hold] of this.#keys)
        if (hold.user === user && hold.until === null && !keys.includes(key)) hold.until = heldUntil
      person.self = { ...person.self, name }
      return 'renamed'
    })
  }

  nameTaken(keys: readonly string[], at: number, stale: Stale, user?: string): Promise<boolean> {
    return this.#read(() => keys.some((key) => this.#holderOf(key, at, stale, user) === 'somebody'))
  }

  session(hash: string): Promise<SessionRow | null> {
    return this.#read(() => {
      const session = this.#sessions.get(hash)
      const person = session && this.#people.get(session.user)
      return session && person ? { user: { ...person.self }, seen: session.seen } : null
    })
  }

  touch(hash: string, at: number): Promise<void> {
    return this.#change(() => {
      const session = this.#sessions.get(hash)
      const person = session && this.#people.get(session.user)
      if (!session || !person) return
      session.seen = Math.max(session.seen, at)
      person.seen = Math.max(person.seen, at)
    })
  }

  endSession(hash: string): Promise<void> {
    return this.#change(() => {
      const session = this.#sessions.get(hash)
      this.#sessions.delete(hash)
      if (session && ![...this.#sessions.values()].some(({ user }) => user === session.user))
        this.#forgetPerson(session.user)
    })
  }

  forget(stale: Stale): Promise<void> {
    return this.#change(() => {
      for (const id of this.#people.keys()) if (this.#isStale(id, stale)) this.#forgetPerson(id)
    })
  }

  purge(before: number, limit: number): Promise<number> {
    return this.#change(() => {
      let left = limit
      for (const slug of [...this.#rooms.keys()].toSorted()) {
        const room = this.#found(slug)
        for (; left > 0 && (room.events[room.floor - 1]?.at ?? before) < before; left -= 1) {
          this.#eraseAll(slug, room.floor)
          room.floor += 1
        }
      }
      return limit - left
    })
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

  /** One more session of a person, as another device of theirs has it. */
  lend(user: string, session: string): void {
    this.#sessions.set(session, { user, seen: this.#people.get(user)?.seen ?? 0 })
  }

  /** The disk works again. */
  heal(): void {
    this.#broken = { writes: false, reads: false }
  }

  /** Retention: what lies below `floor` is gone. */
  retain(room: string, floor: number): void {
    const found = this.#found(room)
    for (let seq = found.floor; seq < floor; seq += 1) this.erase(room, seq)
    found.floor = floor
  }

  /** Empties one event, and what became of it. */
  erase(room: string, seq: number): void {
    const found = this.#found(room)
    const { events, messages } = found
    const event = events[seq - 1]
    if (event === undefined) return
    const { kind, id, at, user, nonce } = event
    const gone = {
      kind,
      seq,
      id,
      at,
      ...(user && { user }),
      ...(nonce !== undefined && { nonce }),
      gone: true,
    }
    events[seq - 1] = { ...gone, ...('target' in event && { target: event.target }) } as RoomEvent
    const known = user && nonce !== undefined ? this.#nonces.get(nonceOf(user, nonce)) : undefined
    if (known !== undefined) known.said = null
    if (!messages.has(seq)) return
    messages.set(seq, gone as HistoryMessage)
    found.reactions.delete(id)
  }

  /** An event, and the edits of a message. */
  #eraseAll(room: string, seq: number): void {
    const { events } = this.#found(room)
    const id = events[seq - 1]?.id
    this.erase(room, seq)
    for (const edit of [...events]) if (edit.kind === 'edit' && edit.target === id) this.erase(room, edit.seq)
  }

  /** A restored backup: no message after `head` was ever said. */
  rewind(room: string, head: number): void {
    const found = this.#found(room)
    for (const { id, user, nonce, seq } of found.events.splice(head)) {
      this.#ids.delete(id)
      found.messages.delete(seq)
      if (user && nonce !== undefined) this.#nonces.delete(nonceOf(user, nonce))
    }
  }

  #sorted(): RoomRow[] {
    return [...this.#rooms.values()].map(rowOf).sort((a, b) => (a.room < b.room ? -1 : 1))
  }

  #stored(draft: Draft): Outcome {
    const { id, at, user } = draft
    const said = JSON.stringify(contentOf(draft))
    const known = draft.nonce === undefined ? undefined : this.#nonces.get(nonceOf(user, draft.nonce))
    if (known !== undefined) {
      if (known.said !== null && known.said !== said) return { result: 'refused', code: 'nonceReused' }
      return { result: 'duplicate', seq: known.seq, id: known.id, at: known.at }
    }
    const room = this.#rooms.get(draft.room)
    if (room === undefined) return { result: 'refused', code: 'noRoom' }
    const code = refusalOf(room, draft)
    if (code !== null) return { result: 'refused', code }
    if (this.#ids.has(id)) return { result: 'failed' }
    const seq = room.events.length + 1
    const entry = { seq, id, at, user: { id: user.id, name: user.name } }
    const event = this.#derived(room, draft, entry)
    room.events.push(event)
    this.#ids.add(id)
    if (draft.nonce !== undefined) this.#nonces.set(nonceOf(user, draft.nonce), { said, seq, id, at })
    return { result: 'stored', event }
  }

  /** The event of a draft, once the room's messages are what it makes of them. */
  #derived(room: Room, draft: Draft, entry: { seq: number; id: string; at: number; user: User }): RoomEvent {
    if (draft.kind === 'topic') {
      const topic = { kind: draft.kind, ...entry, text: draft.text }
      room.topic = draft.text
      room.messages.set(entry.seq, topic)
      return topic
    }
    const named = { ...entry, nonce: draft.nonce }
    if (draft.kind === 'message') {
      const { kind, text, replyTo } = draft
      const message = { kind, ...named, text, ...(replyTo && { replyTo }) }
      room.messages.set(entry.seq, message)
      return message
    }
    const target = messageOf(room, draft.target)
    if (target === undefined) throw new TypeError('no target')
    const change = { ...named, target: draft.target }
    switch (draft.kind) {
      case 'edit':
        room.messages.set(target.seq, { ...target, text: draft.text, edited: entry.at })
        return { kind: 'edit', ...change, text: draft.text }
      case 'delete':
        this.#eraseAll(draft.room, target.seq)
        return { kind: 'delete', ...change, by: 'author' }
      case 'pin': {
        const { pinned: _, ...rest } = target
        room.messages.set(target.seq, { ...rest, ...(draft.on && { pinned: true as const }) })
        return { kind: 'pin', ...change, on: draft.on }
      }
      case 'react': {
        const { emoji, on } = draft
        const shown = room.reactions.get(target.id) ?? new Map<string, Map<string, User>>()
        const people = shown.get(emoji) ?? new Map<string, User>()
        if (!on) people.delete(entry.user.id)
        else if (!people.has(entry.user.id)) people.set(entry.user.id, entry.user)
        if (people.size > 0) shown.set(emoji, people)
        else shown.delete(emoji)
        room.reactions.set(target.id, shown)
        return { kind: 'react', ...change, emoji, on, count: people.size }
      }
    }
  }

  #join(slug: string, user: string, role: Role): Membership {
    const room = this.#found(slug)
    const rooms = this.#members.get(user) ?? new Map<string, Membership>()
    const membership = rooms.get(slug) ?? { room: slug, role, readSeq: room.events.length }
    this.#members.set(user, rooms.set(slug, membership))
    return membership
  }

  #holderOf(key: string, at: number, stale: Stale, asking?: string): 'nobody' | 'somebody' | 'stale' {
    const hold = this.#keys.get(key)
    if (hold === undefined || hold.user === asking) return 'nobody'
    if (hold.until !== null && hold.until <= at) return 'nobody'
    return this.#isStale(hold.user, stale) ? 'stale' : 'somebody'
  }

  #isStale(user: string, stale: Stale): boolean {
    const person = this.#people.get(user)
    if (person === undefined) return true
    if (person.seen < stale.inactiveBefore) return true
    const wrote = [...this.#rooms.values()].some(({ events }) =>
      events.some((event) => event.user?.id === user),
    )
    return person.seen < stale.neverWroteBefore && !wrote
  }

  /** Gives the keys to `user`, forgetting who held them and is stale; false, and nothing done, if somebody holds one. */
  #takes(user: string, keys: readonly string[], at: number, stale: Stale): boolean {
    const holders = keys.map((key) => this.#holderOf(key, at, stale, user))
    if (holders.includes('somebody')) return false
    keys.forEach((key, n) => {
      const hold = this.#keys.get(key)
      if (hold !== undefined && holders[n] === 'stale') this.#forgetPerson(hold.user)
    })
    for (const key of keys) this.#keys.set(key, { user, until: null })
    return true
  }

  #forgetPerson(user: string): void {
    this.#people.delete(user)
    this.#members.delete(user)
    for (const [key, hold] of this.#keys) if (hold.user === user) this.#keys.delete(key)
    for (const [hash, session] of this.#sessions) if (session.user === user) this.#sessions.delete(hash)
  }

  #found(room: string): Room {
    const found = this.#rooms.get(room)
    if (found === undefined) throw new TypeError('no such room')
    return found
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

const aRoom = (room: Omit<RoomRow, 'head' | 'floor'>): Room => ({
  ...room,
  floor: 1,
  events: [],
  messages: new Map(),
  reactions: new Map(),
})
const hasText = (message: HistoryMessage) => message.text !== undefined
const nonceOf = (user: User, nonce: string) => `${user.id} ${nonce}`

function rowOf({ room, name, topic, kind, floor, events }: Room): RoomRow {
  return { room, name, topic, kind, head: events.length, floor }
}

/** A message of a room that has its text. */
function messageOf(
  room: Room,
  id: string,
): Extract<HistoryMessage, { kind: 'message'; text: string }> | undefined {
  for (const message of room.messages.values())
    if (message.id === id && message.kind === 'message' && !message.gone) return message
  return undefined
}

function refusalOf(room: Room, draft: Draft): 'gone' | 'forbidden' | 'tooBig' | null {
  const named = 'target' in draft ? draft.target : draft.kind === 'message' ? draft.replyTo : undefined
  if (named === undefined) return null
  const message = messageOf(room, named)
  if (message === undefined) return 'gone'
  const ownOnly = draft.kind === 'edit' || draft.kind === 'delete'
  if (ownOnly && message.user.id !== draft.user.id) return 'forbidden'
  if (draft.kind !== 'react' || !draft.on) return null
  const shown = room.reactions.get(named)
  return !shown?.has(draft.emoji) && (shown?.size ?? 0) >= LIMITS.emojiKinds ? 'tooBig' : null
}

/** What a second draft of the same nonce must be equal to. */
function contentOf(draft: Draft): unknown[] {
  const { id: _, at: _at, user: _user, nonce: _nonce, ...content } = draft
  return Object.entries(content)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
}

/** A message with who reacted to it, as history tells it. */
function toldOf(room: Room, message: HistoryMessage, reader?: string): HistoryMessage {
  const shown = [...(room.reactions.get(message.id) ?? [])]
  if (message.kind !== 'message' || shown.length === 0) return message
  const reactions = shown.map(([emoji, people]) => ({
    emoji,
    count: people.size,
    mine: reader !== undefined && people.has(reader),
    users: [...people.values()].slice(0, LIMITS.emojiPeople),
  }))
  return { ...message, reactions }
}

/** The same without what is one reader's. */
function sharedOf(room: Room, message: HistoryMessage): HistoryMessage<ReactionCount> {
  const { reactions, ...rest } = toldOf(room, message)
  if (!reactions) return rest
  return {
    ...rest,
    reactions: reactions.map(({ mine: _, ...shown }) => shown),
  } as HistoryMessage<ReactionCount>
}

const sizeOf = (message: object) => Buffer.byteLength(JSON.stringify(message)) + 1
const bytesOf = (messages: readonly object[]) => messages.reduce((sum, message) => sum + sizeOf(message), 0)

/** The first of them that fit into so many bytes, with 128 around them, but so many at least. */
function fitting<M extends object>(messages: readonly M[], most: number = LIMITS.pageBytes, least = 1): M[] {
  const fit: M[] = []
  let bytes = 128
  for (const message of messages) {
    bytes += sizeOf(message)
    if (fit.length >= least && bytes > most) break
    fit.push(message)
  }
  return fit
}

/** Where a page begins and ends within all messages of the room. */
function rangeOf(
  all: readonly HistoryMessage[],
  query: Exclude<HistoryQuery, { at: 'ids' }>,
): [from: number, to: number] {
  const place = (seq: number) => all.filter((message) => message.seq < seq).length
  switch (query.at) {
    case 'end':
    case 'pinned':
      return [Math.max(0, all.length - query.limit), all.length]
    case 'before':
      return [Math.max(0, place(query.seq) - query.limit), place(query.seq)]
    case 'after':
      return [place(query.seq + 1), Math.min(all.length, place(query.seq + 1) + query.limit)]
    case 'around': {
      const half = Math.floor(query.limit / 2)
      const at = place(query.seq)
      return [Math.max(0, at - half), Math.min(all.length, at + query.limit - half)]
    }
  }
}

function picked(all: readonly HistoryMessage[], ids: readonly string[]): HistoryMessage[] {
  const wanted = new Set(ids.slice(0, MOST_IDS))
  return all.filter(({ id }) => wanted.has(id))
}
