import { sameNameKey } from '../../shared/sameName.ts'
import { searchKey } from '../../shared/text.ts'
import { imitates, keysOf } from '../people/lookAlikeKeys.ts'
import type { HubDeps } from '../ports.ts'

/** A room with more members is protected from look-alikes. */
const PROTECTED_ABOVE = 10
/** How many names are indexed in one turn of the loop: half a millisecond. */
const NAMES_PER_TURN = 50

/** A room whose name looks like `lobby` would pass for the real one. */
const isLikeLobby = imitates('lobby')

/**
 * The names of all rooms, for search and look-alikes (I20); SQLite folds only ASCII letters. Read from the store when they
 * are first needed; rooms made later are added. 10,000 names take 0.1 s to index, in slices, and 0.5 ms to search.
 */
export class RoomNames {
  readonly #deps: HubDeps
  readonly #folded = new Map<string, string>()
  readonly #names = new Set<string>()
  readonly #roomsByKey = new Map<string, Set<string>>()
  #loading: Promise<void> | null = null

  constructor(deps: HubDeps) {
    this.#deps = deps
  }

  /** Slugs after `after`, in order, of rooms whose name or slug contains the text, in any case and without accents. */
  async find(text: string, after: string): Promise<string[]> {
    await this.#load()
    const wanted = searchKey(text)
    if (wanted === '') return []
    const found = [...this.#folded].filter(
      ([room, name]) => room > after && (room.includes(wanted) || name.includes(wanted)),
    )
    return found.map(([room]) => room).sort()
  }

  /** Has a room this name, or does it look like that of the lobby or of a room with more than ten members? */
  async isTaken(name: string): Promise<boolean> {
    await this.#load()
    if (this.#names.has(sameNameKey(name)) || isLikeLobby(name)) return true
    const keys = keysOf(name).pairs
    const alike = keys.flatMap((key) => [...(this.#roomsByKey.get(key) ?? [])])
    return alike.length > 0 && (await this.#deps.store.anyRoomLargerThan(alike, PROTECTED_ABOVE))
  }

  add(room: string, name: string): void {
    this.#folded.set(room, searchKey(name))
    this.#names.add(sameNameKey(name))
    for (const key of keysOf(name).pairs)
      this.#roomsByKey.set(key, (this.#roomsByKey.get(key) ?? new Set()).add(room))
  }

  /** Rejects if the store cannot be read; the next call tries again. */
  #load(): Promise<void> {
    this.#loading ??= this.#readAll().catch((error: unknown) => {
      this.#loading = null
      throw error
    })
    return this.#loading
  }

  async #readAll(): Promise<void> {
    const { store, clock } = this.#deps
    for (const [n, [room, name]] of (await store.roomNames()).entries()) {
      this.add(room, name)
      if (n % NAMES_PER_TURN === NAMES_PER_TURN - 1) await clock.turn()
    }
  }
}
