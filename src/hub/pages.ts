import { LIMITS } from '../shared/limits.ts'
import type { RoomEvent } from '../shared/model.ts'
import type { Store } from './ports.ts'

/** Events that are remembered at most. */
const MOST = 10_000

interface Page {
  /** what was known to exist when it was read */
  head: number
  events: Promise<readonly RoomEvent[]>
}

/**
 * Pages of logs as they were just read, for whoever else stands at the same place: after a restart these are thousands. A
 * page is read anew once something more was said in its room, for that may have been a delete; and who stands at the end
 * always asks the log itself, since nothing is said only until it is.
 */
export class RecentPages {
  readonly #store: Pick<Store, 'events'>
  readonly #pages = new Map<string, Page>()
  #size = 0

  constructor(store: Pick<Store, 'events'>) {
    this.#store = store
  }

  /** A page of events after `after`; never changed by anybody. @param head the last seq known to exist */
  read(room: string, after: number, head: number): Promise<readonly RoomEvent[]> {
    if (after >= head) return this.#store.events(room, after, LIMITS.pageEvents)
    const key = `${room} ${after}`
    const known = this.#pages.get(key)
    if (known?.head === head) return known.events
    const page = { head, events: this.#store.events(room, after, LIMITS.pageEvents) }
    this.#pages.set(key, page)
    const forget = () => {
      if (this.#pages.get(key) === page) this.#pages.delete(key)
    }
    page.events.then((events) => {
      this.#size += events.length
      if (events.length === 0 || this.#size > MOST) forget()
    }, forget)
    return page.events
  }

  /** Each second: by then the rush is over, or the page is worth reading again. */
  tick(): void {
    this.#pages.clear()
    this.#size = 0
  }
}
