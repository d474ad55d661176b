/** Going from room to room: in which order they stand, which is next, which fits what was typed. Pure. */
import type { RoomEntry } from '../../shared/model.ts'

const names = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true })

export interface Groups {
  first: readonly RoomEntry[]
  rest: readonly RoomEntry[]
}

/** Rooms in two groups, each by name: the order never jumps by what is said in them (U83). */
export function grouped(rooms: readonly RoomEntry[], favourites: readonly string[]): Groups {
  const sorted = rooms.toSorted((one, other) => names.compare(one.name, other.name))
  return {
    first: sorted.filter(({ room }) => favourites.includes(room)),
    rest: sorted.filter(({ room }) => !favourites.includes(room)),
  }
}
