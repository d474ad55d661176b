/** Who is in a room and who types, and the join and leave lines that follow from it (protocol §8, U63–U65). Pure. */
import { TIMES } from '../../shared/limits.ts'
import type { User } from '../../shared/model.ts'
import type { ServerFrameOf, Presence } from '../../shared/protocol.ts'
import { isInactive } from './roomLog.ts'
import type { PresenceLine, RoomState } from './state.ts'

/** Limits of what others can add to a room. */
const MAX_LINES = 500
const MAX_TYPING = 20

/** How many people are online in a room and not away, as far as the server names those who are away. */
export function onlineIn(room: RoomState | undefined): number {
  const away = room?.people.filter(({ state }) => state === 'idle').length ?? 0
  return Math.max(0, (room?.onlineCount ?? 0) - away)
}

/**
 * The room after a presence frame. An old version changes nothing; a missing one makes the room be requested again. No lines are
 * drawn about me, or while `isQuiet` about people who were online before my connection was lost.
 */
export function withPresence(
  room: RoomState,
  frame: Presence,
  me: string | null,
  isQuiet: boolean,
  now: number,
): RoomState {
  if (isInactive(room.sync) || frame.version <= room.presenceVersion) return room
  const next = { ...room, presenceVersion: frame.version, onlineCount: frame.count }
  // A room that is not on screen shows only the count.
  if (room.depth !== 'all') return next
  if (frame.version > room.presenceVersion + 1) {
    // During a sync the last page brings the people, and later versions follow it.
    return room.sync.state === 'live' ? { ...room, sync: { state: 'gap', held: [] } } : room
  }
  if (frame.full) return { ...next, people: frame.full }

  const people = new Map(room.people.map((person) => [person.id, person]))
  const lines: PresenceLine[] = []
  const draw = (kind: PresenceLine['kind'], { id, name }: User, before?: string) => {
    if (kind !== 'renamed' && (id === me || (isQuiet && room.onlineBeforeLoss.includes(id)))) return
    const line = { id: `${now} ${frame.version} ${kind} ${id}`, kind, user: { id, name } }
    lines.push({ ...line, ...(before !== undefined && { before }), at: now, after: room.position.seq })
  }
  for (const id of frame.left ?? []) {
    const person = people.get(id)
    if (people.delete(id) && person) draw('left', person)
  }
  for (const person of frame.joined ?? []) {
    // I am listed from the start, and may have been renamed before the others were told that I came.
    const isListed = people.has(person.id)
    people.set(person.id, person)
    if (!isListed) draw('joined', person)
  }
  for (const { id, name, state: activity } of frame.changed ?? []) {
    const person = people.get(id)
    if (person === undefined) continue
    people.set(id, { ...person, name: name ?? person.name, state: activity ?? person.state })
    if (name !== undefined && name !== person.name) draw('renamed', { id, name }, person.name)
  }
  return {
    ...next,
    people: [...people.values()],
    presenceLines:
      lines.length > 0 ? [...room.presenceLines, ...lines].slice(-MAX_LINES) : room.presenceLines,
    typing: frame.left ? room.typing.filter(({ user }) => people.has(user.id)) : room.typing,
  }
}

/** Another person types, or has stopped. */
export function withTyping(
  room: RoomState,
  { user, on }: ServerFrameOf<'typing'>,
  me: string | null,
  now: number,
): RoomState {
  if (user.id === me || isInactive(room.sync)) return room
  const index = room.typing.findIndex((entry) => entry.user.id === user.id)
  if (!on) return index < 0 ? room : { ...room, typing: room.typing.toSpliced(index, 1) }
  const entry = { user, until: now + TIMES.typing }
  if (index >= 0) return { ...room, typing: room.typing.with(index, entry) }
  return room.typing.length >= MAX_TYPING ? room : { ...room, typing: [...room.typing, entry] }
}

/** Removes people who stopped typing without saying so. */
export function withoutStaleTyping(room: RoomState, now: number): RoomState {
  const isFresh = ({ until }: RoomState['typing'][number]) => until > now
  return room.typing.every(isFresh) ? room : { ...room, typing: room.typing.filter(isFresh) }
}
