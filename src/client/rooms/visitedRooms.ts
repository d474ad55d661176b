/** Rooms somebody has put first, and those they were in last: kept on this device, for them alone. */

export type Places = 'favourites' | 'recent'

/** What is kept for this person; nothing where it is another's. */
export function placesOf(kind: Places, user: string): string[] {
  try {
    const [whose, ...rooms] = (localStorage.getItem(kind) ?? '').split(' ')
    return whose === user ? rooms : []
  } catch {
    return []
  }
}
