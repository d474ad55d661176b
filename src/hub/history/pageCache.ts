import { LIMITS } from '../../shared/limits.ts'
import type { RoomEvent } from '../../shared/model.ts'
import type { FirstPage } from '../../shared/protocol.ts'
import type { NewestMessages, Store } from '../ports.ts'

/** How many events are cached at most. */
const MAX_CACHED_EVENTS = 10_000

/** The newest messages of a room, their JSON, and the ids of those with reactions. */
interface CachedPage extends NewestMessages {
  json: string
  reacted: readonly string[]
}

interface NewestRead {
  page: Promise<CachedPage | null>
  /** read for this caller, not from the cache */
  isFresh: boolean
  /** the page is too old: the next caller reads again */
  drop(): void
}

/**
 * Pages that all newcomers of one second share; after a restart these are thousands. First messages stay true at their seq,
 * and later events are sent with them. Callers must not change what they get.
 */
export class PageCache {
  readonly #store: Pick<Store, 'events' | 'newest'>
  readonly #eventPages = new Map<string, Promise<readonly RoomEvent[]>>()
  readonly #newestPages = new Map<string, Promise<CachedPage | null>>()
  #cachedEvents = 0

  constructor(store: Pick<Store, 'events' | 'newest'>) {
    this.#store = store
  }

  /** The newest messages of a room, at most `limit` of them with text. */
  newest(room: string, limit: number): NewestRead {
    const key = `${room} ${limit}`
    const known = this.#newestPages.get(key)
    const page = known ?? this.#store.newest(room, limit).then((newest) => newest && withJson(newest))
    const drop = () => {
      if (this.#newestPages.get(key) === page) this.#newestPages.delete(key)
    }
    if (!known) {
      this.#newestPages.set(key, page)
      page.catch(drop)
    }
    return { page, isFresh: !known, drop }
  }

  /** A page of events after `after`. @param head the last seq known to exist */
  events(room: string, after: number, head: number): Promise<readonly RoomEvent[]> {
    const key = `${room} ${after} ${head}`
    const known = this.#eventPages.get(key)
    if (known) return known
    const page = this.#store.events(room, after, LIMITS.pageEvents)
    if (after >= head) return page
    this.#eventPages.set(key, page)
    const drop = () => this.#eventPages.delete(key)
    page.then(({ length }) => {
      this.#cachedEvents += length
      if (length === 0 || this.#cachedEvents > MAX_CACHED_EVENTS) drop()
    }, drop)
    return page
  }

  /** Each second: forgets all pages. */
  clear(): void {
    this.#eventPages.clear()
    this.#newestPages.clear()
    this.#cachedEvents = 0
  }
}

/** A first page as JSON. @param messages the JSON of its messages, made once for all newcomers */
export function firstPageJson({ messages: _, ...page }: FirstPage, messages: string): string {
  return `{"messages":${messages},${JSON.stringify(page).slice(1)}`
}

function withJson(page: NewestMessages): CachedPage {
  const reacted = page.messages.flatMap(({ id, reactions }) => (reactions ? [id] : []))
  return { ...page, json: JSON.stringify(page.messages), reacted }
}
