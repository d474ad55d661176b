import type { FirstPage } from '../../shared/protocol.ts'
import type { NewestMessages, Store } from '../ports.ts'

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
 * First pages that all newcomers of one second share: after a restart thousands of people connect. A cached page is right as
 * of its `at`, and later events are sent along with it. Callers must not change what they get.
 */
export class PageCache {
  readonly #store: Store
  readonly #pages = new Map<string, Promise<CachedPage | null>>()

  constructor(store: Store) {
    this.#store = store
  }

  /** The newest messages of a room, at most `limit` of them with text. */
  newest(room: string, limit: number): NewestRead {
    const key = `${room} ${limit}`
    const known = this.#pages.get(key)
    const page = known ?? this.#store.newest(room, limit).then((newest) => newest && withJson(newest))
    const drop = () => {
      if (this.#pages.get(key) === page) this.#pages.delete(key)
    }
    if (!known) {
      this.#pages.set(key, page)
      page.catch(drop)
    }
    return { page, isFresh: !known, drop }
  }

  /** Each second: forgets all pages. */
  clear(): void {
    this.#pages.clear()
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
