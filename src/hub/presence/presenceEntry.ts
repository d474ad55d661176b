/** One person in one room, as a value: how it changes, and which of its changes the room must be told. */
import { TIMES } from '../../shared/limits.ts'
import type { Activity, Person, User } from '../../shared/model.ts'
import type { Presence } from '../../shared/protocol.ts'

export interface PresenceEntry {
  readonly user: User
  /** the person's connections in this room */
  readonly connections: number
  /** active or idle now, and since when (ms) */
  readonly state: Activity
  readonly stateSince: number
  /** without a connection: when the person counts as gone (ms); else null */
  readonly leavesAt: number | null
  /** the person as last announced to the room; null: not announced yet */
  readonly announced: Person | null
}

/** One change of presence that a room is told. */
export interface Announcement {
  joined?: Person
  left?: string
  changed?: { id: string; name?: string; state?: Activity }
}

/** A connection of the person has joined the room. @param entry null: it is their first there */
export function connected(
  entry: PresenceEntry | null,
  user: User,
  state: Activity,
  now: number,
): PresenceEntry {
  if (entry === null) return { user, connections: 1, state, stateSince: now, leavesAt: null, announced: null }
  return { ...withState(entry, state, now), user, connections: entry.connections + 1, leavesAt: null }
}

/** A connection of the person has left the room. After their last one the person counts as gone at `until` (ms). */
export function disconnected(entry: PresenceEntry, until: number): PresenceEntry {
  const connections = entry.connections - 1
  return { ...entry, connections, leavesAt: connections === 0 ? until : entry.leavesAt }
}

export function withState(entry: PresenceEntry, state: Activity, now: number): PresenceEntry {
  return entry.state === state ? entry : { ...entry, state, stateSince: now }
}

export function withName(entry: PresenceEntry, name: string): PresenceEntry {
  return entry.user.name === name ? entry : { ...entry, user: { ...entry.user, name } }
}

/**
 * What the room is told at `now` (ms), and the entry afterwards: null when the person is gone. A state counts once it has
 * held for 5 s. A person who comes and goes between two ticks, or goes and comes back within the grace, is not announced.
 * @returns null if nothing is due
 */
export function announcementDue(
  entry: PresenceEntry,
  now: number,
): { entry: PresenceEntry | null; announcement: Announcement | null } | null {
  const { user, announced, leavesAt, state } = entry
  const isAway = leavesAt !== null
  if (isAway && now >= leavesAt) return { entry: null, announcement: announced && { left: user.id } }
  if (announced === null) {
    const person = { ...user, state }
    return isAway ? null : { entry: { ...entry, announced: person }, announcement: { joined: person } }
  }
  const hasSettled = !isAway && state !== announced.state && now - entry.stateSince >= TIMES.stateSettles
  const isRenamed = user.name !== announced.name
  if (!hasSettled && !isRenamed) return null
  const change = { ...(isRenamed && { name: user.name }), ...(hasSettled && { state }) }
  return {
    entry: { ...entry, announced: { ...announced, ...change } },
    announcement: { changed: { id: user.id, ...change } },
  }
}

/** The fields of one `presence` frame for all announcements of a room. */
export function frameFieldsOf(
  announcements: readonly Announcement[],
): Pick<Presence, 'joined' | 'left' | 'changed'> {
  const joined = announcements.flatMap((announcement) => announcement.joined ?? [])
  const left = announcements.flatMap((announcement) => announcement.left ?? [])
  const changed = announcements.flatMap((announcement) => announcement.changed ?? [])
  return {
    ...(joined.length > 0 && { joined }),
    ...(left.length > 0 && { left }),
    ...(changed.length > 0 && { changed }),
  }
}
