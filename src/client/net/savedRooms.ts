/** Rooms of one person, stored on this device: favourites, recent ones, and those left of which the server does not know. */
import { readItem, webStorage, writeItem } from './webStorage.ts'

export type SavedRooms = 'favourites' | 'recent' | 'left'

/** How many rooms of each kind are stored. */
const MAX_SAVED = 50

/** The rooms stored for this user; none if they belong to another user of this device. */
export function savedRooms(kind: SavedRooms, user: string): string[] {
  const [owner, ...rooms] = (readItem(webStorage('localStorage'), kind) ?? '').split(' ')
  return owner === user ? rooms : []
}

export function saveRooms(kind: SavedRooms, user: string, rooms: readonly string[]): void {
  writeItem(webStorage('localStorage'), kind, [user, ...rooms.slice(0, MAX_SAVED)].join(' '))
}

/** On sign-out: the next person at this device must not see which rooms this one visited (S42). */
export function forgetSavedRooms(): void {
  for (const kind of ['favourites', 'recent', 'left'] satisfies SavedRooms[])
    writeItem(webStorage('localStorage'), kind, null)
}
