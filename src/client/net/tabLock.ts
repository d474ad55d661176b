/** Identifies this tab, lists the open ones, and elects one that adopts the outboxes of closed tabs. A Web Lock ends with its tab. */
import { isShort } from './parseStored.ts'
import { readItem, writeItem, type WebStorage } from './webStorage.ts'

export interface BrowserTab {
  /** the same after a reload */
  id: string
  /** Ids of the open tabs, this one included; empty without locks, since then they are unknown. */
  openTabs(): Promise<ReadonlySet<string>>
}

const PREFIX = 'hubbub tab '

/** The part of `navigator` and `sessionStorage` that is used; a browser may lack or refuse both. */
export interface TabWorld {
  locks: LockManager | undefined
  session: WebStorage | null
  random(): string
  /** Calls `run` with true whenever the page is hidden or goes, and with false when it is back. */
  onAway(run: (away: boolean) => void): void
}

/** Names this tab and holds its lock until the signal aborts. Calls `onOutboxLock` when elected; without locks immediately. */
export async function claimTab(
  { locks, session, random, onAway }: TabWorld,
  onOutboxLock: () => void,
  signal: AbortSignal,
): Promise<BrowserTab> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => end())
  const stored = readItem(session, 'tab')
  let id = isShort(stored) ? stored : random()
  /** Holds a tab's lock until the page ends. Resolves to false if another tab has it, to null if the browser refuses locks. */
  const hold = (tab: string) =>
    new Promise<boolean | null>((resolve) => {
      const request = async () =>
        locks?.request(PREFIX + tab, { ifAvailable: true }, (lock) => {
          resolve(lock !== null)
          return lock && ended
        })
      request().then(
        () => resolve(null),
        () => resolve(null),
      )
    })
  const isFree = await hold(id)
  if (locks === undefined || isFree === null) {
    // The id is stored only while the page is hidden, so that a duplicated tab does not copy it.
    writeItem(session, 'tab', null)
    onAway((away) => void writeItem(session, 'tab', away ? id : null))
    onOutboxLock()
    return { id, openTabs: async () => new Set() }
  }
  // A duplicated tab starts with a copy of the other tab's id.
  if (!isFree) {
    id = random()
    await hold(id)
  }
  writeItem(session, 'tab', id)
  const elected = locks.request('hubbub outbox', { signal }, () => {
    onOutboxLock()
    return ended
  })
  elected.catch(() => {
    // Aborted: the page is going.
  })
  return {
    id,
    async openTabs() {
      const held = (await locks.query().catch(() => null))?.held ?? []
      return new Set(
        held.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [])),
      )
    },
  }
}
