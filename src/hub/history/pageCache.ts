import { LIMITS } from '../../shared/limits.ts'
import type { RoomEvent } from '../../shared/model.ts'
import type { Newest, Store } from '../ports.ts'

/** Events that are remembered at most. */
const MOST = 10_000

/** The newest messages of a room, how long they are as JSON, and the ids of those with reactions. */
export interface FirstMessages extends Newest {
  length: number
  reacted: readonly string[]
}

/** `isFresh`: read for this caller, not from the cache. */
interface FirstRead {
  key: string
  found: Promise<FirstMessages | null>
  isFresh: boolean
}

interface Read {
  head: number
  found: Promise<readonly RoomEvent[]>
}

/**
 * Pages shared by all newcomers of one second; after a restart these are thousands. A page of events is read again once the
 * room's head moves. First messages stay true at their seq, and later events are sent with them.
 */
export class RecentPages {
  readonly #store: Pick<Store, 'events' | 'newest'>
  readonly #pages = new Map<string, Read>()
  readonly #firsts = new Map<string, Promise<FirstMessages | null>>()
  #size = 0

  constructor(store: Pick<Store, 'events' | 'newest'>) {
    this.#store = store
  }

  /** The newest messages of a room; never changed by anybody. @param limit 0: none, or all that a first page may have */
  newest(room: string, limit: number): FirstRead {
    const most = limit === 0 ? 0 : LIMITS.firstMessages
    const key = `${room} ${most}`
    const known = this.#firsts.get(key)
    if (known) return { key, found: known, isFresh: false }
    const found = this.#store.newest(room, most).then((page) => page && measured(page))
    const read = { key, found, isFresh: true }
    this.#firsts.set(key, found)
    found.catch(() => this.forget(read))
    return read
  }

  /** The cached page is too old: the next caller reads again. */
  forget({ key, found }: FirstRead): void {
    if (this.#firsts.get(key) === found) this.#firsts.delete(key)
  }

  /** A page of events after `after`; never changed by anybody. @param head the last seq known to exist */
  read(room: string, after: number, head: number): Promise<readonly RoomEvent[]> {
    const read = () => this.#store.events(room, after, LIMITS.pageEvents)
    if (after >= head) return read()
    const key = `${room} ${after}`
    const known = this.#pages.get(key)
    if (known?.head === head) return known.found
    const found = read().then((events) => {
      this.#size += events.length
      if (events.length === 0 || this.#size > MOST) this.#drop(key, found)
      return events
    })
    this.#pages.set(key, { head, found })
    found.catch(() => this.#drop(key, found))
    return found
  }

  /** Each second: by then the rush is over, or the page is worth reading again. */
  tick(): void {
    this.#pages.clear()
    this.#firsts.clear()
    this.#size = 0
  }

  #drop(key: string, found: Promise<readonly RoomEvent[]>): void {
    if (this.#pages.get(key)?.found === found) this.#pages.delete(key)
  }
}

export function measured(page: Newest): FirstMessages {
  const { length } = JSON.stringify(page.messages)
  return { ...page, length, reacted: page.messages.flatMap(({ id, reactions }) => (reactions ? [id] : [])) }
}
