/** The favourites and the recent rooms of one person, stored on this device. */

export type SavedRooms = 'favourites' | 'recent'

/** How many rooms of each kind are stored. */
const MAX_SAVED = 50

/** The rooms stored for this user; none if they belong to another user of this device. */
export function savedRooms(kind: SavedRooms, user: string): string[] {
  try {
    const [owner, ...rooms] = (localStorage.getItem(kind) ?? '').split(' ')
    return owner === user ? rooms : []
  } catch {
    return []
  }
}

export function saveRooms(kind: SavedRooms, user: string, rooms: readonly string[]): void {
  try {
    localStorage.setItem(kind, [user, ...rooms.slice(0, MAX_SAVED)].join(' '))
  } catch (error) {
    console.warn('not kept on this device', error)
  }
}

/** On sign-out: the next person at this device must not see which rooms this one visited (S42). */
export function forgetSavedRooms(): void {
  try {
    for (const kind of ['favourites', 'recent'] satisfies SavedRooms[]) localStorage.removeItem(kind)
  } catch {
    // A browser that refuses storage has kept nothing.
  }
}
