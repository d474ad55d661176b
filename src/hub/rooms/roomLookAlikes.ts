import { roomKeysOf } from '../people/lookAlikeKeys.ts'
import type { Clock, Store } from '../ports.ts'

/** A room with more members is protected from look-alikes. */
const PROTECTED_ABOVE = 10
/** How many names get their keys in one turn of the loop: half a millisecond. */
const NAMES_PER_TURN = 50

/**
 * Rooms whose names look alike (I3). The keys of all names are computed in slices when the first room is created; rooms
 * created later are added. Only rooms that look like the new one are counted in the store.
 */
export class LookAlikes {
  readonly #deps: { store: Store; clock: Clock }
  /** key → rooms */
  readonly #roomsByKey = new Map<string, string[]>()
  #loading: Promise<void> | null = null

  constructor(deps: { store: Store; clock: Clock }) {
    this.#deps = deps
  }

  /** Does the name look like that of the lobby, or of a room with more than ten members? Rejects if the store cannot be read. */
  async has(name: string): Promise<boolean> {
    const keys = roomKeysOf(name)
    if (keys.some((key) => roomKeysOf('lobby').includes(key))) return true
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = null
      throw error
    })
    await this.#loading
    const alike = keys.flatMap((key) => this.#roomsByKey.get(key) ?? [])
    return alike.length > 0 && (await this.#deps.store.anyRoomLargerThan(alike, PROTECTED_ABOVE))
  }

  add(room: string, name: string): void {
    for (const key of roomKeysOf(name)) {
      const alike = this.#roomsByKey.get(key) ?? []
      if (!alike.includes(room)) this.#roomsByKey.set(key, [...alike, room])
    }
  }

  async #load(): Promise<void> {
    const { store, clock } = this.#deps
    const names = await store.roomNames()
    for (let at = 0; at < names.length; at += NAMES_PER_TURN) {
      if (at > 0) await clock.turn()
      for (const [room, name] of names.slice(at, at + NAMES_PER_TURN)) this.add(room, name)
    }
  }
}
