import { LIMITS } from '../../shared/limits.ts'
import type { Activity, Person, User } from '../../shared/model.ts'
import type { Members, ServerFrame } from '../../shared/protocol.ts'
import type { ConnectionRegistry } from '../connections.ts'
import {
  announcementDue,
  connected,
  disconnected,
  frameFieldsOf,
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
  /** people that have been announced */
  announcedCount: number
  /** too many people: single changes are not announced */
  isLarge: boolean
}

/**
 * Who is here. A person is present while one of their connections lives, and active while one of these is active. A room
 * gets at most one frame a `tick`, and one more for each person who leaves it. All times are ms of `Clock.elapsed`.
 */
export class PresenceTracker {
  readonly #rooms = new Map<string, RoomPresence>()
  readonly #connections: Pick<ConnectionRegistry, 'greetedOf'>
  readonly #publish: (room: string, frame: ServerFrame) => void

  constructor(
    connections: Pick<ConnectionRegistry, 'greetedOf'>,
    publish: (room: string, frame: ServerFrame) => void,
  ) {
    this.#connections = connections
    this.#publish = publish
  }

  /** A connection of a person has joined a room. */
  enter(room: string, { id, name }: User, now: number): void {
    const presence = this.#rooms.get(room) ?? {
      version: 0,
      entries: new Map<string, PresenceEntry>(),
      announcedCount: 0,
      isLarge: false,
    }
    this.#rooms.set(room, presence)
    const entry = presence.entries.get(id) ?? null
    this.#put(room, presence, id, connected(entry, { id, name }, this.#activityOf(id), now))
  }

  /** A connection in a room has ended. After their last one the person counts as gone at `until` (ms), unless they come back. */
  exit(room: string, user: string, until: number): void {
    this.#change(room, user, (entry) => disconnected(entry, until))
  }

  /** A connection of the person said hello, ended, or reported its activity. */
  updateActivity(user: string, now: number): void {
    const state = this.#activityOf(user)
    for (const { rooms } of this.#connections.greetedOf(user))
      for (const room of rooms.keys()) this.#change(room, user, (entry) => withState(entry, state, now))
  }

  /** A person has left a room with all their connections; the others hear it at once. */
  leave(room: string, user: string): void {
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
    for (const [room, presence] of this.#rooms) {
      const announcements: Announcement[] = []
      for (const [id, entry] of presence.entries) {
        const due = announcementDue(entry, now)
        if (!due) continue
        this.#put(room, presence, id, due.entry)
        if (due.announcement) announcements.push(due.announcement)
      }
      if (announcements.length > 0) this.#announce(room, presence, announcements)
    }
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
    // An empty room has no followers either, so its version may begin again.
    if (presence.entries.size === 0) this.#rooms.delete(room)
  }

  #activityOf(user: string): Activity {
    const isActive = this.#connections
      .greetedOf(user)
      .some(({ lifecycle }) => lifecycle.activity === 'active')
    return isActive ? 'active' : 'idle'
  }
}

/** The announced people; in a large room only the 100 who are here longest. */
function announcedPeople({ entries, isLarge }: RoomPresence): Person[] {
  const announced = entries.values().flatMap((entry) => (entry.announced ? [entry.announced] : []))
  return [...(isLarge ? announced.take(LIMITS.crowdNamed) : announced)]
}
