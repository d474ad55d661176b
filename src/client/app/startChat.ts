/** All that the chat needs and home does not, as one chunk: the room's screen, and what needs a connection. */
import { PROTOCOL_VERSION } from '../../shared/limits.ts'
import { after, draw, nonce, timers, whenIdle } from './browser.ts'
import { watchActivity } from '../net/activity.ts'
import type { Api } from '../net/api.ts'
import type { Socket, Wire } from '../net/socket.ts'
import type { Self } from '../../shared/model.ts'
import { noStorage, openStorage } from '../net/storage.ts'
import { claimTab } from '../net/tabLock.ts'
import type { TabChannel } from '../net/tabChannel.ts'
import { webLocks, webStorage } from '../net/webStorage.ts'
import { keepSettings } from './keepSettings.ts'
import type { StateStore } from '../state/store.ts'
import { createSync } from './sync/sync.ts'
import { createChatActions, type Chat } from './actions/chatActions.ts'
import { loadMarkdown, plainText } from '../timeline/formatText.ts'
import { loadEmojiChunk } from '../ui/emoji/pickEmoji.ts'
import { retryImport } from '../ui/retryImport.ts'
import { dialogChunks } from './room/dialogs.ts'
import { loadSuggestions } from './room/roomComposer.ts'
import { isAttended } from './room/roomScreen.ts'

export { notFoundPage, roomPage } from './room/roomPage.ts'
export { reduce } from '../state/reduce.ts'

/** ms from a connection until the chunks that the first drawing does not need are prefetched */
const PREFETCH = 2_000
/** ms between two searches for messages that closed tabs left unsent, by the tab that holds the outbox lock */
const ADOPT_ORPHANS = 30_000

/**
 * Opens this device's storage and wires sync, settings and notifications; the socket starts with `begin`.
 * @param page `adoptSelf`: the server knows this page as another person. `go`: shows the screen of a path
 */
export async function startChat(
  store: StateStore,
  api: Api,
  tabs: TabChannel,
  page: { adoptSelf(self: Self): void; go(path: string): void },
  signal: AbortSignal,
): Promise<Chat> {
  // Requested together with the chat, so that the first messages are drawn once, formatted.
  void loadMarkdown()
  let hasOutboxLock = false
  let adoptOrphans = async () => {}
  const localStorage = webStorage('localStorage')
  const [storage, tab] = await Promise.all([
    openStorage().catch(() => noStorage()),
    claimTab(
      {
        locks: webLocks(),
        session: webStorage('sessionStorage'),
        random: nonce,
        onAway: (run) => watchAway(run, signal),
      },
      () => {
        hasOutboxLock = true
        void adoptOrphans()
      },
      signal,
    ),
  ])
  if (!storage.isLasting) store.dispatch({ type: 'storageBlocked' })

  const askBeforeUnload = (event: BeforeUnloadEvent) => event.preventDefault()
  const sync = createSync(
    store,
    {
      ...timers,
      draw,
      random: () => Math.random(),
      nonce,
      signedInAs: (self) => page.adoptSelf(self),
      api,
      storage,
      localStorage,
      tab: tab.id,
      open: () => new WebSocket(`${location.origin.replace('http', 'ws')}/ws?v=${PROTOCOL_VERSION}`) as Wire,
      isHidden: () => document.hidden,
      activity: () => activity(),
      unsavedChanged(isUnsaved) {
        // Only while needed: a page with this handler is kept out of the back-forward cache.
        if (isUnsaved) window.addEventListener('beforeunload', askBeforeUnload)
        else window.removeEventListener('beforeunload', askBeforeUnload)
      },
    },
    signal,
  )
  const activity = watchActivity(
    document,
    timers,
    (state) => sync.socket.send({ type: 'state', state }),
    signal,
  )

  adoptOrphans = async () => {
    if (hasOutboxLock) await sync.outbox.adopt(await tab.openTabs())
  }
  const repeatAdoption = (): void => {
    after(ADOPT_ORPHANS, () => void adoptOrphans().finally(repeatAdoption))
  }
  repeatAdoption()
  store.watch(
    ({ connection }) => connection.state === 'live',
    (isLive) => isLive && after(PREFETCH, () => whenIdle(() => void prefetchChunks())),
    signal,
  )
  const settings = keepSettings(
    store,
    {
      device: localStorage,
      onStorageEvent: (run) => window.addEventListener('storage', ({ key }) => run(key), { signal }),
      // theme.js listens to this event; the browser fires it only for a choice in another tab.
      applyTheme: (newValue) => window.dispatchEvent(new StorageEvent('storage', { key: 'theme', newValue })),
    },
    signal,
  )
  void loadNotifications(store, page.go, signal)
  const chat = createChatActions(store, sync, api, tabs, { ...timers, settings }, signal)
  watchNetworkAndVisibility(store, sync.socket, chat.roomsSeen, signal)
  return {
    ...chat,
    async begin(user) {
      await chat.begin(user)
      // A closed tab may have left a draft that only its copy holds.
      void adoptOrphans().then(chat.loadDrafts)
    },
    flushTimers() {
      chat.flushTimers()
      sync.outbox.pageMayClose()
    },
  }
}

/** Fetches what a later press needs, one after the other, so that it is there while the server is away. */
async function prefetchChunks(): Promise<void> {
  // Not every browser tells.
  const { connection } = navigator as { connection?: { saveData?: boolean } }
  if (connection?.saveData) return
  // A chunk that fails is fetched again after the next connect, and by the press that needs it.
  const loadEmoji = async () => (await loadEmojiChunk()).prefetchEmoji()
  for (const load of [...dialogChunks, loadSuggestions, loadEmoji]) await load().catch(() => null)
}

/** Nothing waits for notifications: they find in the state what happened before they were loaded. */
async function loadNotifications(store: StateStore, go: (path: string) => void, signal: AbortSignal) {
  const notifications = await retryImport(() => import('../notifications/startNotifications.ts'), signal)
  notifications?.startNotifications(
    store,
    { ...timers, go, isAttended, plainText, locks: webLocks() },
    signal,
  )
}

/** Calls with true whenever the page is hidden or unloaded, and with false when it is back. */
function watchAway(run: (away: boolean) => void, signal: AbortSignal): void {
  const report = () => run(document.hidden)
  document.addEventListener('visibilitychange', report, { signal })
  window.addEventListener('pageshow', report, { signal })
  window.addEventListener('pagehide', () => run(true), { signal })
}

/** Tells the state and the socket when the network goes and comes, and the socket and `seen` when the page is seen again. */
function watchNetworkAndVisibility(
  store: StateStore,
  socket: Socket,
  seen: () => void,
  signal: AbortSignal,
): void {
  const networkChanged = () => {
    const offline = !navigator.onLine
    store.dispatch({ type: 'networkChanged', offline })
    if (offline) socket.probe()
    else socket.nudge('online')
  }
  window.addEventListener('online', networkChanged, { signal })
  window.addEventListener('offline', networkChanged, { signal })
  window.addEventListener('pageshow', ({ persisted }) => persisted && socket.nudge('visible'), { signal })
  const visibilityChanged = () => {
    if (document.hidden) return
    socket.nudge('visible')
    seen()
  }
  document.addEventListener('visibilitychange', visibilityChanged, { signal })
  if (!navigator.onLine) networkChanged()
}
