import { LIMITS, TIMES } from '../../shared/limits.ts'
import type { Activity, Person, User } from '../../shared/model.ts'
import type { Members, Presence } from '../../shared/protocol.ts'
import type { ConnectionRegistry } from '../connections.ts'
import type { Publish } from '../ports.ts'

/** One person in one room. */
interface PresenceEntry {
  user: User
  /** the person's connections in this room */
  connections: number
  /** active or idle now, and since when (ms) */
  state: Activity
  stateSince: number
  /** without a connection: when the person counts as gone (ms); else null */
  leavesAt: number | null
  /** the person as last announced to the room; null: not announced yet */
  announced: Person | null
}

/** The people present in one room. */
interface RoomPresence {
  /** of the last `presence` frame */
  version: number
  /** user → entry, the person who is here longest first */
  readonly entries: Map<string, PresenceEntry>
  /** people that have been announced */
  announcedCount: number
  /** the list of them that a newcomer is sent, cached until one of them changes: thousands may join meanwhile */
  announcedPeople: readonly Person[] | null
  /** so many people that single changes are not announced */
  isLarge: boolean
}

/** What one `presence` frame tells a room that is not large. */
type Announcement = Pick<Presence, 'joined' | 'left' | 'changed'>

/**
 * Who is here. A person is present while they have a connection and for the grace after it, and active while a connection is
 * active. A room gets at most one frame a `tick`, and one more for each person who leaves it. Times are ms of `Clock.elapsed`.
 */
export class PresenceTracker {
  readonly #rooms = new Map<string, RoomPresence>()
  readonly #connections: ConnectionRegistry
  readonly #publish: Publish

  constructor(connections: ConnectionRegistry, publish: Publish) {
    this.#connections = connections
    this.#publish = publish
  }

  /** A connection of a person has joined a room. */
  enter(room: string, { id, name }: User, now: number): void {
    const user = { id, name }
    const presence = this.#rooms.get(room) ?? {
      version: 0,
      entries: new Map<string, PresenceEntry>(),
      announcedCount: 0,
      announcedPeople: null,
      isLarge: false,
    }
    this.#rooms.set(room, presence)
    const state = this.#activityOf(id)
    const absent = { user, connections: 0, state, stateSince: now, leavesAt: null, announced: null }
    const entry: PresenceEntry = presence.entries.get(id) ?? absent
    presence.entries.set(id, entry)
    entry.user = user
    entry.connections += 1
    entry.leavesAt = null
    setState(entry, state, now)
  }

  /** A connection in a room has ended. After the last one its person counts as gone at `until` (ms) unless they return. */
  exit(room: string, user: string, until: number): void {
    const entry = this.#entry(room, user)
    if (!entry) return
    entry.connections -= 1
    if (entry.connections === 0) entry.leavesAt = until
  }

  /** A connection of the person said hello, ended, or reported its activity. */
  updateActivity(user: string, now: number): void {
    const state = this.#activityOf(user)
    for (const { rooms } of this.#connections.greetedOf(user))
      for (const room of rooms.keys()) {
        const entry = this.#entry(room, user)
        if (entry) setState(entry, state, now)
      }
  }

  /** A person has left a room with all their connections; the other people in it are told at once. */
  leave(room: string, user: string): void {
    const presence = this.#rooms.get(room)
    const entry = presence?.entries.get(user)
    if (!presence || !entry) return
    this.#remove(room, presence, entry)
    if (entry.announced) this.#announce(room, presence, { left: [user] })
  }

  /** A person leaves every room at once, as on sign-out. */
  leaveAll(user: string): void {
    for (const room of [...this.#rooms.keys()]) this.leave(room, user)
  }

  /** A person has a new name; the next tick announces it. */
  rename({ id, name }: User): void {
    for (const { entries } of this.#rooms.values()) {
      const entry = entries.get(id)
      if (entry) entry.user = { id, name }
    }
  }

  /** The `members` of a page for `self`: the announced people, at most 100 in a large room, and `self`. */
  members(room: string, self: string): Members {
    const presence = this.#rooms.get(room)
    if (!presence) return { version: 0, count: 0, full: [] }
    const { version, announcedCount, isLarge } = presence
    const me = presence.entries.get(self)
    presence.announcedPeople ??= announcedPeople(presence)
    const full = [...presence.announcedPeople]
    if (me && !full.some(({ id }) => id === self)) {
      if (isLarge && full.length >= LIMITS.crowdNamed) full.pop()
      full.push(me.announced ?? { ...me.user, state: me.state })
    }
    return { version, count: announcedCount + (me && !me.announced ? 1 : 0), full }
  }

  /** How many people are present in a room, announced or not. */
  count(room: string): number {
    return this.#rooms.get(room)?.entries.size ?? 0
  }

  /** How many of them are not away. */
  online(room: string): number {
    const entries = this.#rooms.get(room)?.entries.values() ?? []
    return [...entries].filter((entry) => (entry.announced ?? entry).state === 'active').length
  }

  /** Rooms that are not empty, and how many people are in each. */
  *counts(): Iterable<[room: string, count: number]> {
    for (const [room, { entries }] of this.#rooms) yield [room, entries.size]
  }

  /** Does this room's count come with `beat`? */
  isLarge(room: string): boolean {
    return this.#rooms.get(room)?.isLarge ?? false
  }

  /** Tells each room, in one frame, what is due at `now` (ms). */
  tick(now: number): void {
    for (const [room, presence] of this.#rooms) {
      const { joined = [], left = [], changed = [] } = this.#takeDue(room, presence, now)
      const announcement = {
        ...(joined.length > 0 && { joined }),
        ...(left.length > 0 && { left }),
        ...(changed.length > 0 && { changed }),
      }
      if (Object.keys(announcement).length > 0) this.#announce(room, presence, announcement)
    }
  }

  /**
   * What a room is to be told. A state counts once it has held for 5 s. A person who comes and goes between two ticks, or
   * goes and comes back within the grace, is not announced.
   */
  #takeDue(room: string, presence: RoomPresence, now: number): Announcement {
    const joined: Person[] = []
    const left: string[] = []
    const changed: Presence['changed'] = []
    for (const entry of presence.entries.values()) {
      const { user, announced, leavesAt, state } = entry
      const isAway = leavesAt !== null
      if (isAway && now >= leavesAt) {
        this.#remove(room, presence, entry)
        if (announced) left.push(user.id)
      } else if (announced === null) {
        if (isAway) continue
        entry.announced = { ...user, state }
        presence.announcedPeople = null
        presence.announcedCount += 1
        joined.push(entry.announced)
      } else {
        const hasSettled =
          !isAway && state !== announced.state && now - entry.stateSince >= TIMES.stateSettles
        const isRenamed = user.name !== announced.name
        if (!hasSettled && !isRenamed) continue
        const change = { ...(isRenamed && { name: user.name }), ...(hasSettled && { state }) }
        entry.announced = { ...announced, ...change }
        presence.announcedPeople = null
        changed.push({ id: user.id, ...change })
      }
    }
    return { joined, left, changed }
  }

  /** One frame: the announcement, or all people if the room has just become large or small. Nothing while it stays large. */
  #announce(room: string, presence: RoomPresence, announcement: Announcement): void {
    const { announcedCount: count, isLarge: wasLarge } = presence
    presence.isLarge = wasLarge ? count >= LIMITS.crowdEnds : count > LIMITS.crowd
    if (presence.isLarge !== wasLarge) presence.announcedPeople = null
    if (wasLarge && presence.isLarge) return
    presence.version += 1
    const names = wasLarge === presence.isLarge ? announcement : { full: announcedPeople(presence) }
    this.#publish(room, { type: 'presence', room, version: presence.version, count, ...names })
  }

  #remove(room: string, presence: RoomPresence, { user, announced }: PresenceEntry): void {
    presence.entries.delete(user.id)
    if (announced) {
      presence.announcedCount -= 1
      presence.announcedPeople = null
    }
    // An empty room has no followers either, so its version may begin again.
    if (presence.entries.size === 0) this.#rooms.delete(room)
  }

  #entry(room: string, user: string): PresenceEntry | undefined {
    return this.#rooms.get(room)?.entries.get(user)
  }

  #activityOf(user: string): Activity {
    const isActive = this.#connections
      .greetedOf(user)
      .some(({ lifecycle }) => lifecycle.activity === 'active')
    return isActive ? 'active' : 'idle'
  }
}

function setState(entry: PresenceEntry, state: Activity, now: number): void {
  if (entry.state === state) return
  entry.state = state
  entry.stateSince = now
}

/** The announced people; in a large room only the 100 who are here longest. */
function announcedPeople({ entries, isLarge }: RoomPresence): Person[] {
  const announced = entries.values().flatMap((entry) => (entry.announced ? [entry.announced] : []))
  return [...(isLarge ? announced.take(LIMITS.crowdNamed) : announced)]
}
