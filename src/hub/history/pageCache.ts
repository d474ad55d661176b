import { LIMITS } from '../../shared/limits.ts'
import type { RoomEvent } from '../../shared/model.ts'
import type { NewestMessages, Store } from '../ports.ts'

/** How many events are cached at most. */
const MAX_CACHED_EVENTS = 10_000

/** The newest messages of a room, how long they are as JSON, and the ids of those with reactions. */
export interface MeasuredMessages extends NewestMessages {
  length: number
  reacted: readonly string[]
}

/** `isFresh`: read for this caller, not from the cache. */
interface NewestRead {
  key: string
  page: Promise<MeasuredMessages | null>
  isFresh: boolean
}

interface EventsRead {
  head: number
  events: Promise<readonly RoomEvent[]>
}

/**
 * Pages shared by all newcomers of one second; after a restart these are thousands. A page of events is read again once the
 * room's head moves. First messages stay true at their seq, and later events are sent with them.
 */
export class PageCache {
  readonly #store: Pick<Store, 'events' | 'newest'>
  readonly #eventPages = new Map<string, EventsRead>()
  readonly #newestPages = new Map<string, Promise<MeasuredMessages | null>>()
  #cachedEvents = 0

  constructor(store: Pick<Store, 'events' | 'newest'>) {
    this.#store = store
  }

  /** The newest messages of a room; callers must not change them. @param limit 0: none; else all that a first page may have */
  newest(room: string, limit: number): NewestRead {
    const cachedLimit = limit === 0 ? 0 : LIMITS.firstMessages
    const key = `${room} ${cachedLimit}`
    const known = this.#newestPages.get(key)
    if (known) return { key, page: known, isFresh: false }
    const page = this.#store.newest(room, cachedLimit).then((newest) => newest && measured(newest))
    const read = { key, page, isFresh: true }
    this.#newestPages.set(key, page)
    page.catch(() => this.dropNewest(read))
    return read
  }

  /** The cached page is too old: the next caller reads again. */
  dropNewest({ key, page }: NewestRead): void {
    if (this.#newestPages.get(key) === page) this.#newestPages.delete(key)
  }

  /** A page of events after `after`; callers must not change it. @param head the last seq known to exist */
  events(room: string, after: number, head: number): Promise<readonly RoomEvent[]> {
    const read = () => this.#store.events(room, after, LIMITS.pageEvents)
    if (after >= head) return read()
    const key = `${room} ${after}`
    const known = this.#eventPages.get(key)
    if (known?.head === head) return known.events
    const events = read().then((page) => {
      this.#cachedEvents += page.length
      if (page.length === 0 || this.#cachedEvents > MAX_CACHED_EVENTS) this.#dropEvents(key, events)
      return page
    })
    this.#eventPages.set(key, { head, events })
    events.catch(() => this.#dropEvents(key, events))
    return events
  }

  /** Each second: forgets all pages. */
  tick(): void {
    this.#eventPages.clear()
    this.#newestPages.clear()
    this.#cachedEvents = 0
  }

  #dropEvents(key: string, events: Promise<readonly RoomEvent[]>): void {
    if (this.#eventPages.get(key)?.events === events) this.#eventPages.delete(key)
  }
}

export function measured(page: NewestMessages): MeasuredMessages {
  const { length } = JSON.stringify(page.messages)
  return { ...page, length, reacted: page.messages.flatMap(({ id, reactions }) => (reactions ? [id] : [])) }
}
