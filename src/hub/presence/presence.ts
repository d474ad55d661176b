import { LIMITS } from '../../shared/limits.ts'
import type { Activity, Person, User } from '../../shared/model.ts'
import type { Members, ServerFrame } from '../../shared/protocol.ts'
import {
  announcementDue,
  connected,
  disconnected,
  frameFieldsOf,
  hasPending,
  withName,
  withState,
  type Announcement,
  type PresenceEntry,
} from './presenceEntry.ts'

/** The people present in one room. */
interface RoomPresence {
  /** of the last `presence` frame */
  version: number
  /** user → entry, the person who is here longest first */
  readonly entries: Map<string, PresenceEntry>
  /** users with a change that may be due for an announcement */
  readonly pending: Set<string>
  /** people that have been announced */
  announcedCount: number
  /** too many people: single changes are not announced */
  isLarge: boolean
}

/** A connection as presence sees it: its user, and the state that it reported. */
interface PresenceConnection {
  readonly user: string
  readonly rooms: Set<string>
  state: Activity
}

/**
 * Who is here. A person is present while one of their connections lives, and active while one of these is active. A room
 * gets at most one frame a `tick`, and one more for each person who leaves it. All times are ms of `Clock.elapsed`.
 */
export class PresenceTracker {
  readonly #rooms = new Map<string, RoomPresence>()
  readonly #connections = new Map<string, PresenceConnection>()
  readonly #connectionsOf = new Map<string, Set<PresenceConnection>>()
  /** rooms with pending users */
  readonly #pendingRooms = new Set<string>()
  readonly #publish: (room: string, frame: ServerFrame) => void

  constructor(publish: (room: string, frame: ServerFrame) => void) {
    this.#publish = publish
  }

  /** A connection has said hello. It is in no room yet, but may make its person active elsewhere. */
  open(connection: string, user: string, state: Activity, now: number): void {
    const opened: PresenceConnection = { user, state, rooms: new Set() }
    this.#connections.set(connection, opened)
    this.#connectionsOf.set(user, (this.#connectionsOf.get(user) ?? new Set()).add(opened))
    this.#updateActivity(user, now)
  }

  /** A connection enters a room; a second time changes nothing. */
  enter(room: string, connection: string, { id, name }: User, now: number): void {
    const entering = this.#connections.get(connection)
    if (!entering || entering.rooms.has(room)) return
    entering.rooms.add(room)
    const presence = this.#rooms.get(room) ?? {
      version: 0,
      entries: new Map<string, PresenceEntry>(),
      pending: new Set<string>(),
      announcedCount: 0,
      isLarge: false,
    }
    this.#rooms.set(room, presence)
    const entry = presence.entries.get(id) ?? null
    this.#put(room, presence, id, connected(entry, { id, name }, this.#activityOf(id), now))
  }

  /** A connection ended. If it was the last, its person counts as gone at `until` (ms), unless they come back before. */
  close(connection: string, now: number, until: number): void {
    const closed = this.#connections.get(connection)
    if (!closed) return
    this.#connections.delete(connection)
    const others = this.#connectionsOf.get(closed.user)
    others?.delete(closed)
    if (others?.size === 0) this.#connectionsOf.delete(closed.user)
    for (const room of closed.rooms) this.#change(room, closed.user, (entry) => disconnected(entry, until))
    this.#updateActivity(closed.user, now)
  }

  /** A person leaves a room with all their connections; the others hear it at once. */
  leave(room: string, user: string): void {
    for (const { rooms } of this.#connectionsOf.get(user) ?? []) rooms.delete(room)
    const presence = this.#rooms.get(room)
    const entry = presence?.entries.get(user)
    if (!presence || !entry) return
    this.#put(room, presence, user, null)
    if (entry.announced) this.#announce(room, presence, [{ left: user }])
  }

  /** A person leaves every room at once, as on sign-out. */
  leaveAll(user: string): void {
    for (const room of [...this.#rooms.keys()]) this.leave(room, user)
  }

  /** A connection reports its person active or idle. */
  setState(connection: string, state: Activity, now: number): void {
    const known = this.#connections.get(connection)
    if (!known || known.state === state) return
    known.state = state
    this.#updateActivity(known.user, now)
  }

  /** A person has a new name; the next tick announces it. */
  rename({ id, name }: User): void {
    for (const room of this.#rooms.keys()) this.#change(room, id, (entry) => withName(entry, name))
  }

  /** The members frame for a newcomer: the announced people and the newcomer (`self`). */
  members(room: string, self: string): Members {
    const presence = this.#rooms.get(room)
    if (!presence) return { version: 0, count: 0, full: [] }
    const { version, announcedCount, isLarge } = presence
    const me = presence.entries.get(self)
    const full = announcedPeople(presence)
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

  /** Rooms that are not empty, and how many people are in each. */
  *counts(): Iterable<[room: string, count: number]> {
    for (const [room, { entries }] of this.#rooms) yield [room, entries.size]
  }

  /** Does this room's count come with `beat`? */
  isLarge(room: string): boolean {
    return this.#rooms.get(room)?.isLarge ?? false
  }

  /** Sends each room, in one frame, the announcements that are due at `now` (ms). */
  tick(now: number): void {
    for (const room of this.#pendingRooms) {
      const presence = this.#rooms.get(room)
      const announcements = presence ? this.#takeDue(room, presence, now) : []
      if (presence && announcements.length > 0) this.#announce(room, presence, announcements)
      if (!presence || presence.pending.size === 0) this.#pendingRooms.delete(room)
    }
  }

  #takeDue(room: string, presence: RoomPresence, now: number): Announcement[] {
    const due: Announcement[] = []
    for (const id of presence.pending) {
      const entry = presence.entries.get(id)
      if (!entry) continue
      const { entry: next, announcement } = announcementDue(entry, now)
      this.#put(room, presence, id, next)
      if (announcement) due.push(announcement)
    }
    return due
  }

  /** One frame: the announcements, or all people if the room has just become large or small again. In a large room: nothing. */
  #announce(room: string, presence: RoomPresence, announcements: readonly Announcement[]): void {
    const { announcedCount: count, isLarge: wasLarge } = presence
    presence.isLarge = wasLarge ? count >= LIMITS.crowdEnds : count > LIMITS.crowd
    if (wasLarge && presence.isLarge) return
    presence.version += 1
    const names =
      wasLarge === presence.isLarge ? frameFieldsOf(announcements) : { full: announcedPeople(presence) }
    this.#publish(room, { type: 'presence', room, version: presence.version, count, ...names })
  }

  #change(room: string, user: string, change: (entry: PresenceEntry) => PresenceEntry): void {
    const presence = this.#rooms.get(room)
    const entry = presence?.entries.get(user)
    if (presence && entry) this.#put(room, presence, user, change(entry))
  }

  #put(room: string, presence: RoomPresence, user: string, next: PresenceEntry | null): void {
    const before = presence.entries.get(user)
    presence.announcedCount += (next?.announced ? 1 : 0) - (before?.announced ? 1 : 0)
    if (next) presence.entries.set(user, next)
    else presence.entries.delete(user)
    if (next && hasPending(next)) {
      presence.pending.add(user)
      this.#pendingRooms.add(room)
    } else presence.pending.delete(user)
    // An empty room has no followers either, so its version may begin again.
    if (presence.entries.size === 0) this.#rooms.delete(room)
  }

  #updateActivity(user: string, now: number): void {
    const state = this.#activityOf(user)
    for (const { rooms } of this.#connectionsOf.get(user) ?? [])
      for (const room of rooms) this.#change(room, user, (entry) => withState(entry, state, now))
  }

  #activityOf(user: string): Activity {
    const connections = this.#connectionsOf.get(user) ?? new Set()
    return connections.values().some(({ state }) => state === 'active') ? 'active' : 'idle'
  }
}

/** The announced people; in a large room only the 100 who are here longest. */
function announcedPeople({ entries, isLarge }: RoomPresence): Person[] {
  const announced = entries.values().flatMap((entry) => (entry.announced ? [entry.announced] : []))
  return [...(isLarge ? announced.take(LIMITS.crowdNamed) : announced)]
}
