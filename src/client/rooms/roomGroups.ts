/** Going from room to room: in which order they stand, which is next, which fits what was typed. Pure. */
import type { RoomEntry } from '../../shared/model.ts'

const names = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true })

export interface Groups<T extends RoomEntry> {
  first: readonly T[]
  rest: readonly T[]
}

/** Rooms in two groups, each by name: the order never jumps by what is said in them (U83). */
export function grouped<T extends RoomEntry>(rooms: readonly T[], favourites: readonly string[]): Groups<T> {
  const sorted = rooms.toSorted((one, other) => names.compare(one.name, other.name))
  return {
    first: sorted.filter(({ room }) => favourites.includes(room)),
    rest: sorted.filter(({ room }) => !favourites.includes(room)),
  }
}
