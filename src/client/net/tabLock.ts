/** Which tab this is, which others live, and which one looks after what dead ones left. By Web Locks: they end with the tab. */

import { isShort } from './parseStored.ts'

export interface BrowserTab {
  /** the same after a reload */
  id: string
  /** ids of the tabs that live, this one included; without locks nobody can tell, and it is empty */
  openTabs(): Promise<ReadonlySet<string>>
}

const NAME = 'hubbub tab '

/** As much of `navigator` and `sessionStorage` as is used; both may be missing or refuse. */
export interface TabWorld {
  locks: LockManager | undefined
  session: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null
  random(): string
  /** Calls whenever the page goes or is hidden (true), and when it is back (false). */
  onAway(run: (away: boolean) => void): void
}

/**
 * Names this tab and keeps its lock until the signal aborts. `onOutboxLock` is called once this is the tab that looks after orphans:
 * at once where there are no locks.
 */
export async function claimTab(
  world: TabWorld,
  onOutboxLock: () => void,
  signal: AbortSignal,
): Promise<BrowserTab> {
  const { locks, session } = world
  const ended = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  const before = session?.getItem('tab')
  let id = isShort(before) ? before : world.random()
  if (locks !== undefined) {
    const hold = (name: string) =>
      new Promise<boolean>((resolve) => {
        const held = locks.request(NAME + name, { ifAvailable: true }, (lock) => {
          resolve(lock !== null)
          return lock === null ? undefined : ended
        })
        held.catch(() => resolve(true))
      })
    // A duplicated tab has a copy of the other's name.
    if (!(await hold(id))) {
      id = world.random()
      await hold(id)
    }
    void locks
      .request('hubbub outbox', { signal }, () => {
        onOutboxLock()
        return ended
      })
      .catch(() => {
        // Aborted: the page is going.
      })
  }
  const keep = (kept: boolean) => (kept ? session?.setItem('tab', id) : session?.removeItem('tab'))
  keep(locks !== undefined)
  if (locks === undefined) {
    // The name is stored only while the page is hidden, so a duplicated tab does not copy it.
    world.onAway(keep)
    onOutboxLock()
  }
  return {
    id,
    async openTabs() {
      const held = (await locks?.query().catch(() => null))?.held ?? []
      return new Set(held.flatMap(({ name }) => (name?.startsWith(NAME) ? [name.slice(NAME.length)] : [])))
    },
  }
}
