/** In which order rooms stand in the sidebar. Pure. */
import type { RoomEntry } from '../../shared/model.ts'
import { compareNames } from '../ui/format.ts'

export interface RoomGroups<T extends RoomEntry> {
  first: readonly T[]
  rest: readonly T[]
}

/** Rooms in two groups, each by name: the order never jumps by what is said in them (U83). */
export function groupRooms<T extends RoomEntry>(
  rooms: readonly T[],
  favourites: readonly string[],
): RoomGroups<T> {
  const sorted = rooms.toSorted((a, b) => compareNames(a.name, b.name))
  return {
    first: sorted.filter(({ room }) => favourites.includes(room)),
    rest: sorted.filter(({ room }) => !favourites.includes(room)),
  }
}
