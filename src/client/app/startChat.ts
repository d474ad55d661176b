/** All that the chat needs and home does not, as one chunk: the room's screen, and what needs a connection. */
import { PROTOCOL_VERSION } from '../../shared/limits.ts'
import { after, draw, nonce, now, random } from './browser.ts'
import { watchActivity } from '../net/activity.ts'
import type { Api } from '../net/api.ts'
import { Outbox } from '../net/outbox.ts'
import { createSocket, type Socket, type SocketOwner, type SocketWorld, type Wire } from '../net/socket.ts'
import { memoryStorage, openStorage } from '../net/storage.ts'
import { claimTab } from '../net/tabLock.ts'
import type { TabChannel } from '../net/tabChannel.ts'
import { webStorage } from '../net/webStorage.ts'
import { unconfirmedCopies } from '../net/unconfirmedCopy.ts'
import { keepSettings } from './keepSettings.ts'
import type { StateStore } from '../state/store.ts'
import { createSync } from './sync/sync.ts'
import { createChatActions, type Chat } from './actions/chatActions.ts'
import { loadMarkdown } from '../timeline/formatText.ts'
import { retryImport } from '../ui/retryImport.ts'
import { prefetchDialogs } from './room/dialogs.ts'
import { isAttended } from './room/roomScreen.ts'

export { notFoundPage } from './notFoundPage.ts'
export { roomPage } from './room/roomPage.ts'

/** When (ms) what the first drawing does not need is fetched ahead. */
const AHEAD = 2_000
/** How often (ms) the tab that holds the outbox lock looks for what closed tabs left unsent. */
const ORPHANS = 30_000

export interface ChatEvents extends Pick<SocketWorld, 'userId' | 'signedInAs'> {
  /** Shows a screen by its path. */
  go(path: string): void
}

/** Opens this device's storage and wires everything that talks; the socket starts with `begin`. */
export async function startChat(
  store: StateStore,
  api: Api,
  tabs: TabChannel,
  { userId, signedInAs, go }: ChatEvents,
  signal: AbortSignal,
): Promise<Chat> {
  // Requested with the chat itself, so that the first messages can be drawn as they stay.
  void loadMarkdown()
  let ownsOrphans = false
  let adoptOrphans = async () => {}
  const [storage, tab] = await Promise.all([
    openStorage().catch(() => memoryStorage()),
    claimTab(
      {
        locks: navigator.locks,
        session: webStorage('sessionStorage'),
        random: nonce,
        onAway: (run) => watchAway(run, signal),
      },
      () => {
        ownsOrphans = true
        void adoptOrphans()
      },
      signal,
    ),
  ])
  if (!storage.isLasting) store.dispatch({ type: 'storageBlocked' })

  const askBeforeUnload = (event: BeforeUnloadEvent) => event.preventDefault()
  const sync = createSync(
    store,
    { now, after, draw, activity: () => activity() },
    (owner) => socketFor(api, owner, { userId, signedInAs }),
    (owner) =>
      new Outbox(
        storage,
        tab.id,
        { now, after, random, nonce },
        {
          ...owner,
          storageBlocked: () => store.dispatch({ type: 'storageBlocked' }),
          // T7: the handler keeps a page out of the back-forward cache, so it is there only while it must be.
          unsavedChanged: (would) =>
            would
              ? window.addEventListener('beforeunload', askBeforeUnload)
              : window.removeEventListener('beforeunload', askBeforeUnload),
        },
        unconfirmedCopies(webStorage('localStorage'), now),
      ),
    signal,
  )
  const activity = watchActivity(
    document,
    { now, after },
    (state) => sync.socket.send({ type: 'state', state }),
    signal,
  )
  watchNetworkAndVisibility(store, sync.socket, signal)

  adoptOrphans = async () => {
    if (ownsOrphans) await sync.outbox.adopt(await tab.openTabs())
  }
  const watchOrphans = (): void => {
    after(ORPHANS, () => void adoptOrphans().finally(watchOrphans))
  }
  watchOrphans()
  after(AHEAD, prefetchDialogs)
  const settings = keepSettings(
    store,
    {
      device: webStorage('localStorage'),
      onStorageEvent: (run) => window.addEventListener('storage', ({ key }) => run(key), { signal }),
      // theme.js shows it, as it does what another tab has chosen.
      applyTheme: (newValue) => window.dispatchEvent(new StorageEvent('storage', { key: 'theme', newValue })),
    },
    signal,
  )
  void loadNotifications(store, go, signal)
  const chat = createChatActions(store, sync, api, tabs, { now, after, settings }, signal)
  return {
    ...chat,
    async begin(user) {
      await chat.begin(user)
      void adoptOrphans()
    },
    flushTimers() {
      chat.flushTimers()
      sync.outbox.pageMayClose()
    },
  }
}

/** Nothing waits for notifications: what came before them they find in the state. */
async function loadNotifications(store: StateStore, go: (path: string) => void, signal: AbortSignal) {
  const notifications = await retryImport(() => import('../notifications/notifications.ts'), signal)
  const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
  notifications?.showUnread(store, { icon, badge: navigator }, signal)
  notifications?.startNotifications(store, { now, after, go, isAttended }, signal)
}

function socketFor(api: Api, owner: SocketOwner, who: Pick<SocketWorld, 'userId' | 'signedInAs'>): Socket {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  const world: SocketWorld = {
    ...who,
    open: () => new WebSocket(`${scheme}://${location.host}/ws?v=${PROTOCOL_VERSION}`) as Wire,
    now,
    after,
    random,
    isHidden: () => document.hidden,
    async hasSession() {
      const answer = await api.session()
      if (answer.ok) return 'yes'
      return answer.code === 'unauthenticated' ? 'no' : 'unknown'
    },
  }
  return createSocket(world, owner)
}

/** Tells whenever the page is hidden or goes, and when it is back. */
function watchAway(run: (away: boolean) => void, signal: AbortSignal): void {
  const reportAway = () => run(document.hidden)
  document.addEventListener('visibilitychange', reportAway, { signal })
  window.addEventListener('pageshow', reportAway, { signal })
  window.addEventListener('pagehide', () => run(true), { signal })
}

/** Tells the state and the socket when the network goes and comes, and when the page is seen again. */
function watchNetworkAndVisibility(store: StateStore, socket: Socket, signal: AbortSignal): void {
  const setOffline = (offline: boolean) => store.dispatch({ type: 'networkChanged', offline })
  const online = () => {
    setOffline(false)
    socket.nudge('online')
  }
  const offline = () => {
    setOffline(true)
    socket.probe()
  }
  const pageShown = ({ persisted }: PageTransitionEvent) => {
    if (persisted) socket.nudge('pageshow')
  }
  const visibilityChanged = () => {
    if (!document.hidden) socket.nudge('visible')
  }
  window.addEventListener('online', online, { signal })
  window.addEventListener('offline', offline, { signal })
  window.addEventListener('pageshow', pageShown, { signal })
  document.addEventListener('visibilitychange', visibilityChanged, { signal })
  if (!navigator.onLine) setOffline(true)
}
