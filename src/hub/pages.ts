import { LIMITS } from '../shared/limits.ts'
import type { RoomEvent } from '../shared/model.ts'
import type { Store } from './ports.ts'

/** Events that are remembered at most. */
const MOST = 10_000

/** What was read of a room, and the last seq then known to exist. */
interface Read<T> {
  head: number
  found: Promise<T>
}

/**
 * Pages of logs as they were just read, for whoever else stands at the same place: after a restart these are thousands. A
 * page is read anew once something more was said in its room, for that may have been a delete; and who stands at the end
 * always asks the log itself, since nothing is said only until it is.
 */
export class RecentPages {
  readonly #store: Pick<Store, 'events' | 'startOf'>
  readonly #pages = new Map<string, Read<readonly RoomEvent[]>>()
  readonly #starts = new Map<string, Read<number>>()
  #size = 0

  constructor(store: Pick<Store, 'events' | 'startOf'>) {
    this.#store = store
  }

  /** After which event a page for somebody new begins. @param head the last seq known to exist */
  start(room: string, head: number): Promise<number> {
    return recent(this.#starts, room, head, () => this.#store.startOf(room))
  }

  /** A page of events after `after`; never changed by anybody. @param head the last seq known to exist */
  read(room: string, after: number, head: number): Promise<readonly RoomEvent[]> {
    const read = () => this.#store.events(room, after, LIMITS.pageEvents)
    if (after >= head) return read()
    const key = `${room} ${after}`
    return recent(this.#pages, key, head, async () => {
      const events = await read()
      this.#size += events.length
      if (events.length === 0 || this.#size > MOST) this.#pages.delete(key)
      return events
    })
  }

  /** Each second: by then the rush is over, or the page is worth reading again. */
  tick(): void {
    this.#pages.clear()
    this.#starts.clear()
    this.#size = 0
  }
}

/** What was read under this key at the same head, or is now; a failure is not remembered. */
function recent<T>(all: Map<string, Read<T>>, key: string, head: number, read: () => Promise<T>): Promise<T> {
  const known = all.get(key)
  if (known?.head === head) return known.found
  const now = { head, found: read() }
  all.set(key, now)
  now.found.catch(() => {
    if (all.get(key) === now) all.delete(key)
  })
  return now.found
}
