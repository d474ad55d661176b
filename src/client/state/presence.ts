/** Who is in a room, as its frames tell it, and the lines drawn from them (protocol §8, U63–U65). */
import type { Person, User } from '../../shared/model.ts'
import type { Heard, Presence } from '../../shared/protocol.ts'
import { TIMES } from '../../shared/limits.ts'
import type { PresenceLine, RoomState } from './state.ts'

/** Lines kept of a room, and people shown as typing: both are fed from outside (T15). */
const MAX_LINES = 500
const MAX_TYPING = 20

/**
 * The room after one presence frame: what is not above its version is old, a hole asks for the room anew. No line about
 * me; while it is quiet after my own return, none about those I had already listed.
 */
export function withPresence(
  room: RoomState,
  frame: Presence,
  me: string | null,
  quiet: boolean,
  now: number,
): RoomState {
  const { state } = room.sync
  if (state === 'unsynced' || state === 'closed' || frame.version <= room.presenceVersion) return room
  // Of a room that is not on screen only the count is shown.
  if (room.depth !== 'all') return { ...room, presenceVersion: frame.version, onlineCount: frame.count }
  if (frame.version > room.presenceVersion + 1) {
    // During a sync the last page brings the people; later versions follow it.
    return state === 'live' ? { ...room, sync: { state: 'gap', since: now, held: [] } } : room
  }
  const next = { ...room, presenceVersion: frame.version, onlineCount: frame.count }
  if (frame.full) return { ...next, people: frame.full }

  const people = new Map(room.people.map((person) => [person.id, person]))
  const lines: PresenceLine[] = []
  const say = (kind: PresenceLine['kind'], user: User, before?: string) =>
    lines.push({
      id: `${now} ${frame.version} ${kind} ${user.id}`,
      kind,
      user: { id: user.id, name: user.name },
      ...(before !== undefined && { before }),
      at: now,
      after: room.position.seq,
    })
  const unsaid = (id: string) => id === me || (quiet && room.onlineBeforeLoss.includes(id))

  for (const id of frame.left ?? []) {
    const person = people.get(id)
    if (person === undefined) continue
    people.delete(id)
    if (!unsaid(id)) say('left', person)
  }
  for (const person of frame.joined ?? []) {
    if (people.has(person.id)) continue
    people.set(person.id, person)
    if (!unsaid(person.id)) say('joined', person)
  }
  for (const { id, name, state: activity } of frame.changed ?? []) {
    const person = people.get(id)
    if (person === undefined) continue
    people.set(id, { ...person, name: name ?? person.name, state: activity ?? person.state })
    if (name !== undefined && name !== person.name) say('renamed', { id, name }, person.name)
  }
  return {
    ...next,
    people: [...people.values()],
    presenceLines:
      lines.length > 0 ? [...room.presenceLines, ...lines].slice(-MAX_LINES) : room.presenceLines,
    typing: withoutGone(room.typing, people),
  }
}

function withoutGone(typing: RoomState['typing'], people: ReadonlyMap<string, Person>): RoomState['typing'] {
  return typing.every(({ user }) => people.has(user.id))
    ? typing
    : typing.filter(({ user }) => people.has(user.id))
}

/** A person types, or no longer. My own typing is not shown to me. */
export function withTyping(
  room: RoomState,
  frame: Heard<'typing'>,
  me: string | null,
  now: number,
): RoomState {
  if (frame.user.id === me || room.sync.state === 'unsynced' || room.sync.state === 'closed') return room
  const known = room.typing.findIndex(({ user }) => user.id === frame.user.id)
  if (!frame.on) return known < 0 ? room : { ...room, typing: room.typing.toSpliced(known, 1) }
  const entry = { user: frame.user, until: now + TIMES.typing }
  if (known >= 0) return { ...room, typing: room.typing.with(known, entry) }
  return room.typing.length >= MAX_TYPING ? room : { ...room, typing: [...room.typing, entry] }
}

/** Without those who stopped and did not say so. */
export function withoutStaleTyping(room: RoomState, now: number): RoomState {
  if (room.typing.every(({ until }) => until > now)) return room
  return { ...room, typing: room.typing.filter(({ until }) => until > now) }
}
