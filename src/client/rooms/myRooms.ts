import type { State } from '../state/state.ts'
import { unreadCountOf, type CountedRoom } from '../state/unreadCounts.ts'

/** Makes the selector of my rooms with what counts in each; `current` is listed even before it is mine. */
export function myRooms(current: string): (state: State) => readonly CountedRoom[] {
  let given: readonly CountedRoom[] = []
  let before: State['roomList'] = []
  return (state) => {
    const mine = state.roomList.filter(({ joined, room }) => joined || room === current)
    const next = mine.map((entry, at) => {
      const { unread, mentions } = unreadCountOf(state, entry.room)
      const last = given[at]
      return last && before[at] === entry && last.unread === unread && last.mentions === mentions
        ? last
        : { ...entry, unread, mentions }
    })
    before = mine
    if (next.length === given.length && next.every((entry, at) => entry === given[at])) return given
    return (given = next)
  }
}
