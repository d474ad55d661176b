import type { Places } from './visitedRooms.ts'

/** Rooms remembered of each kind. */
const MOST = 50

export function keepPlaces(kind: Places, user: string, rooms: readonly string[]): void {
  try {
    localStorage.setItem(kind, [user, ...rooms.slice(0, MOST)].join(' '))
  } catch (error) {
    console.warn('not kept on this device', error)
  }
}

/** S42: the next person at this device is not to read where somebody was. */
export function forgetPlaces(): void {
  try {
    for (const kind of ['favourites', 'recent'] satisfies Places[]) localStorage.removeItem(kind)
  } catch {
    // A browser that refuses storage has kept nothing.
  }
}
