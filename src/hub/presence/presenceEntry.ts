/** One person in one room, as a value: how it changes, and what the room must be told of the change. */
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

export type PresenceChange =
  | { type: 'connected'; user: User; state: Activity; now: number }
  /** one connection fewer; after the last one the person counts as gone at `until` (ms) */
  | { type: 'disconnected'; until: number }
  | { type: 'state'; state: Activity; now: number }
  | { type: 'renamed'; name: string }

/** One change of presence that a room is told. */
export type Announcement =
  | { type: 'joined'; person: Person }
  | { type: 'left'; id: string }
  | { type: 'changed'; id: string; name?: string; state?: Activity }

/** The entry after a change; without an entry (null) only `connected` makes one. "Nothing changed" is `===`. */
export function withChange(entry: PresenceEntry | null, change: PresenceChange): PresenceEntry | null {
  if (change.type === 'connected') return withConnection(entry, change)
  if (entry === null) return null
  switch (change.type) {
    case 'disconnected': {
      const connections = Math.max(0, entry.connections - 1)
      return { ...entry, connections, leavesAt: connections === 0 ? change.until : entry.leavesAt }
    }
    case 'state':
      return entry.state === change.state ? entry : { ...entry, state: change.state, stateSince: change.now }
    case 'renamed':
      return entry.user.name === change.name
        ? entry
        : { ...entry, user: { ...entry.user, name: change.name } }
  }
}

/**
 * What the room is told at `now` (ms), and the entry afterwards: null when the person is gone. A state counts once it has
 * held for 5 s. A person who comes and goes between two ticks, or goes and comes back within the grace, is not announced.
 */
export function announcementDue(
  entry: PresenceEntry,
  now: number,
): { entry: PresenceEntry | null; announcement: Announcement | null } {
  const { user, announced, leavesAt, state } = entry
  if (leavesAt !== null && now >= leavesAt)
    return { entry: null, announcement: announced && { type: 'left', id: user.id } }
  if (announced === null) {
    if (leavesAt !== null) return { entry, announcement: null }
    const person = { ...user, state }
    return { entry: { ...entry, announced: person }, announcement: { type: 'joined', person } }
  }
  const flipped =
    leavesAt === null && state !== announced.state && now - entry.stateSince >= TIMES.stateSettles
  const renamed = user.name !== announced.name
  if (!flipped && !renamed) return { entry, announcement: null }
  const change = { ...(renamed && { name: user.name }), ...(flipped && { state }) }
  return {
    entry: { ...entry, announced: { ...announced, ...change } },
    announcement: { type: 'changed', id: user.id, ...change },
  }
}

/** May there be something to announce later, though nothing more changes? */
export function hasPending({ leavesAt, announced, state, user }: PresenceEntry): boolean {
  return leavesAt !== null || announced === null || announced.state !== state || announced.name !== user.name
}

/** The fields of one `presence` frame for all announcements of a room. */
export function frameFieldsOf(
  announcements: readonly Announcement[],
): Pick<Presence, 'joined' | 'left' | 'changed'> {
  const joined: Person[] = []
  const left: string[] = []
  const changed: { id: string; name?: string; state?: Activity }[] = []
  for (const announcement of announcements) {
    if (announcement.type === 'joined') joined.push(announcement.person)
    else if (announcement.type === 'left') left.push(announcement.id)
    else {
      const { type: _, ...change } = announcement
      changed.push(change)
    }
  }
  return {
    ...(joined.length > 0 && { joined }),
    ...(left.length > 0 && { left }),
    ...(changed.length > 0 && { changed }),
  }
}

function withConnection(
  entry: PresenceEntry | null,
  { user, state, now }: Extract<PresenceChange, { type: 'connected' }>,
): PresenceEntry {
  if (entry === null) return { user, connections: 1, state, stateSince: now, leavesAt: null, announced: null }
  const stateSince = entry.state === state ? entry.stateSince : now
  return { ...entry, user, connections: entry.connections + 1, state, stateSince, leavesAt: null }
}
