import type { Person } from '../../shared/model.ts'
import type { RoomState } from '../state/state.ts'
import { compareNames } from '../ui/format.ts'

export interface PeopleGroups {
  here: readonly Person[]
  away: readonly Person[]
  /** who is here besides those named */
  more: number
}

/** Makes the selector of one room's people: me first, the others by name as the locale orders them. */
export function peopleGroups(locale?: string): (room: RoomState | undefined, me: string) => PeopleGroups {
  let before: readonly unknown[] = []
  let given: PeopleGroups = { here: [], away: [], more: 0 }
  return (room, me) => {
    const inputs = [room?.people, room?.onlineCount, me]
    if (inputs.every((value, at) => value === before[at])) return given
    before = inputs
    const people = [...(room?.people ?? [])].sort(
      (a, b) =>
        Number(b.id === me) - Number(a.id === me) ||
        compareNames(a.name, b.name, locale) ||
        (a.id < b.id ? -1 : 1),
    )
    given = {
      here: people.filter((person) => person.state === 'active'),
      away: people.filter((person) => person.state === 'idle'),
      more: Math.max(0, (room?.onlineCount ?? 0) - people.length),
    }
    return given
  }
}
