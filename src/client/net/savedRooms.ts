/** Rooms somebody has put first, and those they were in last: kept on this device, for them alone. */

export type VisitedRooms = 'favourites' | 'recent'

/** Rooms remembered of each kind. */
const KEPT = 50

/** What is kept for this person; nothing where it is another's. */
export function visitedRooms(kind: VisitedRooms, user: string): string[] {
  try {
    const [whose, ...rooms] = (localStorage.getItem(kind) ?? '').split(' ')
    return whose === user ? rooms : []
  } catch {
    return []
  }
}

export function saveVisitedRooms(kind: VisitedRooms, user: string, rooms: readonly string[]): void {
  try {
    localStorage.setItem(kind, [user, ...rooms.slice(0, KEPT)].join(' '))
  } catch (error) {
    console.warn('not kept on this device', error)
  }
}

/** S42: the next person at this device is not to read where somebody was. */
export function forgetVisitedRooms(): void {
  try {
    for (const kind of ['favourites', 'recent'] satisfies VisitedRooms[]) localStorage.removeItem(kind)
  } catch {
    // A browser that refuses storage has kept nothing.
  }
}
