import type { Membership, NewGuest, SessionRow, Stale } from '../../../../src/hub/ports.ts'
import type { Role, Self } from '../../../../src/shared/model.ts'
import type { MemoryLog } from './log.ts'

interface MemoryPerson {
  self: Self
  seen: number
}

interface HeldKey {
  user: string
  /** null: a key of the present name */
  until: number | null
}

/** People, their names and sessions, and the rooms they are members of. */
export class MemoryPeople {
  readonly #log: MemoryLog
  readonly #people = new Map<string, MemoryPerson>()
  readonly #keys = new Map<string, HeldKey>()
  readonly #sessions = new Map<string, { user: string; seen: number }>()
  /** user → room → membership */
  readonly #members = new Map<string, Map<string, Membership>>()

  constructor(log: MemoryLog) {
    this.#log = log
  }

  has(user: string): boolean {
    return this.#people.has(user)
  }

  /** Makes a member with `readSeq` at the room's head; an existing member stays unchanged. */
  join(slug: string, user: string, role: Role): Membership {
    const room = this.#log.room(slug)
    const rooms = this.#members.get(user) ?? new Map<string, Membership>()
    const membership = rooms.get(slug) ?? { room: slug, role, readSeq: room.events.length }
    this.#members.set(user, rooms.set(slug, membership))
    return membership
  }

  leave(room: string, user: string): void {
    this.#members.get(user)?.delete(room)
  }

  /** By room. */
  memberships(user: string): Membership[] {
    return [...(this.#members.get(user)?.values() ?? [])].sort((a, b) => (a.room < b.room ? -1 : 1))
  }

  membership(user: string, room: string): Membership | undefined {
    return this.#members.get(user)?.get(room)
  }

  countMembers(room: string): number {
    return [...this.#members.values()].filter((rooms) => rooms.has(room)).length
  }

  addGuest({ id, name, keys, session, at, room }: NewGuest, stale: Stale): 'added' | 'taken' {
    if (!this.#takeKeys(id, keys, at, stale)) return 'taken'
    this.#people.set(id, { self: { id, name, role: 'guest' }, seen: at })
    this.#sessions.set(session, { user: id, seen: at })
    const first = [room, 'lobby'].find((slug) => slug !== undefined && this.#log.rooms.has(slug))
    if (room !== undefined && first !== undefined) this.join(first, id, 'guest')
    return 'added'
  }

  rename(
    user: string,
    name: string,
    keys: readonly string[],
    at: number,
    heldUntil: number,
    stale: Stale,
  ): 'renamed' | 'taken' | 'nobody' {
    const person = this.#people.get(user)
    if (person === undefined) return 'nobody'
    if (!this.#takeKeys(user, keys, at, stale)) return 'taken'
    for (const [key, held] of this.#keys)
      if (held.user === user && held.until === null && !keys.includes(key)) held.until = heldUntil
    person.self = { ...person.self, name }
    return 'renamed'
  }

  isTaken(keys: readonly string[], at: number, stale: Stale, user?: string): boolean {
    return keys.some((key) => this.#holderOf(key, at, stale, user) === 'somebody')
  }

  session(hash: string): SessionRow | null {
    const session = this.#sessions.get(hash)
    const person = session && this.#people.get(session.user)
    return session && person ? { user: { ...person.self }, seen: session.seen } : null
  }

  /** One more session of a person. */
  addSession(user: string, session: string): void {
    this.#sessions.set(session, { user, seen: this.#people.get(user)?.seen ?? 0 })
  }

  touch(hash: string, at: number): void {
    const session = this.#sessions.get(hash)
    const person = session && this.#people.get(session.user)
    if (!session || !person) return
    session.seen = Math.max(session.seen, at)
    person.seen = Math.max(person.seen, at)
  }

  endSession(hash: string): void {
    const session = this.#sessions.get(hash)
    this.#sessions.delete(hash)
    if (session && ![...this.#sessions.values()].some(({ user }) => user === session.user))
      this.#forget(session.user)
  }

  forgetStale(stale: Stale): void {
    for (const id of this.#people.keys()) if (this.#isStale(id, stale)) this.#forget(id)
  }

  #holderOf(key: string, at: number, stale: Stale, asking?: string): 'nobody' | 'somebody' | 'stale' {
    const held = this.#keys.get(key)
    if (held === undefined || held.user === asking) return 'nobody'
    if (held.until !== null && held.until <= at) return 'nobody'
    return this.#isStale(held.user, stale) ? 'stale' : 'somebody'
  }

  #isStale(user: string, { inactiveBefore, neverWroteBefore }: Stale): boolean {
    const person = this.#people.get(user)
    if (person === undefined || person.seen < inactiveBefore) return true
    return person.seen < neverWroteBefore && !this.#log.hasEventsOf(user)
  }

  /** Gives the keys to `user` and forgets their stale holders; false, and nothing is done, if another person holds one. */
  #takeKeys(user: string, keys: readonly string[], at: number, stale: Stale): boolean {
    const holders = keys.map((key) => this.#holderOf(key, at, stale, user))
    if (holders.includes('somebody')) return false
    keys.forEach((key, n) => {
      const held = this.#keys.get(key)
      if (held !== undefined && holders[n] === 'stale') this.#forget(held.user)
    })
    for (const key of keys) this.#keys.set(key, { user, until: null })
    return true
  }

  #forget(user: string): void {
    this.#people.delete(user)
    this.#members.delete(user)
    for (const [key, held] of this.#keys) if (held.user === user) this.#keys.delete(key)
    for (const [hash, session] of this.#sessions) if (session.user === user) this.#sessions.delete(hash)
  }
}
