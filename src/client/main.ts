/** Boots the page: wires what home needs, then shows the screen that the address names. The chat is a chunk of its own. */
import type { ChatActions } from './app/actions/actions.ts'
import { createSessionActions } from './app/actions/sessionActions.ts'
import { after, whenIdle } from './app/browser.ts'
import type { HomeContext } from './app/context.ts'
import { keepLanguage } from './app/language.ts'
import { createRouter, type Route } from './app/router.ts'
import { windowTitle } from './app/windowTitle.ts'
import { createApi } from './net/api.ts'
import { keepsCookies } from './net/cookies.ts'
import { joinTabs } from './net/tabChannel.ts'
import { webStorage } from './net/webStorage.ts'
import { homePage } from './session/homePage.ts'
import { knownRoomName, roomAddress } from './state/roomName.ts'
import { reduceSession } from './state/reduceSession.ts'
import type { State } from './state/state.ts'
import { createStore } from './state/store.ts'
import { unreadTotal } from './state/unreadCounts.ts'
import { centeredPage } from './ui/centeredPage.ts'
import { button } from './ui/dom.ts'
import { retryable } from './ui/retryImport.ts'
import { words } from './words/words.ts'

/** ms that the page of a room's link waits for the room's name, which it shows */
const CARD_WAIT = 1_000

const loadChatChunk = retryable(() => import('./app/startChat.ts'))

function start(root: HTMLElement): void {
  // Never aborted: these listeners end with the page.
  const { signal } = new AbortController()
  const store = createStore(reduceSession)
  const device = webStorage('localStorage')
  const api = createApi((path, init) => fetch(path, init))
  const tabs = joinTabs((message) => {
    if (message.type === 'self') void session.adoptSelf(message.self)
    else if (message.type === 'read')
      store.dispatch({ type: 'readUpTo', room: message.room, seq: message.seq })
    else store.dispatch({ type: 'draftsChanged', rooms: [message.room], has: message.has })
  }, signal)
  const session = createSessionActions(store, api, tabs, { after, device, keepsCookies }, async () => {
    const { reduce, startChat } = await loadChatChunk()
    store.reduceWith(reduce)
    const adoptSelf = session.adoptSelf
    return startChat(store, api, tabs, { adoptSelf, go: (path) => router.navigate(path) }, signal)
  })

  const flushTimers = () => session.loadedChat()?.flushTimers()
  window.addEventListener('pagehide', () => {
    flushTimers()
    session.loadedChat()?.tellLeave()
  })
  document.addEventListener('visibilitychange', () => document.hidden && flushTimers())
  // After a final close a reload is offered, which must not lose what waits for a timer (U55).
  store.watch(
    ({ connection }) => connection.state === 'stopped',
    (stopped) => stopped && flushTimers(),
    signal,
  )

  const meta = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)
  // A page delivered without a session has `<meta name="session" content="none">`.
  const sessionKnown = session.restoreSession(meta('session') !== null)

  /** Until the session is known, the page shows the HTML that the server delivered. */
  async function chatReady(): Promise<ChatActions> {
    const [chat] = await Promise.all([session.loadChat(), sessionKnown])
    return chat
  }

  function cardOrLate(room: string): Promise<void> {
    const late = new Promise<void>((resolve) => void after(CARD_WAIT, resolve))
    return Promise.race([session.loadRoomCard(room), late])
  }

  async function screenOf(route: Route, screen: AbortSignal): Promise<HTMLElement> {
    if (route.name === 'home') {
      // Opening a room tries again, and shows a failure.
      whenIdle(() => void chatReady().catch(() => {}))
      return homePage(context, screen)
    }
    try {
      const [{ roomPage, notFoundPage }, chat] = await Promise.all([
        loadChatChunk(),
        chatReady(),
        route.name === 'room' && store.get().self === null && cardOrLate(route.room),
      ])
      if (route.name === 'notFound') return notFoundPage()
      return roomPage({ ...context, actions: { ...chat, ...session } }, route, screen)
    } catch (error) {
      console.error('the chat could not be loaded', error)
      // Without the server, a reload would end at the browser's own page of errors.
      const reload = () =>
        void api.session().then((answer) => (answer.ok || answer.code !== 'offline') && location.reload())
      const retry = button(words.common.retry, reload, { class: 'button' })
      return centeredPage({ ...words.pages.notLoaded, look: 'text-title' }, retry).element
    }
  }

  /** address → the link by which it was left last, so that Back returns the focus to that link */
  const linkLeft = new Map<string, string>()
  let pathBefore = location.pathname

  /** Puts a screen into the page: title first, then focus (A9). */
  async function mount(route: Route, screen: AbortSignal, fromHistory: boolean): Promise<void> {
    const link = document.activeElement?.closest('a[href]')?.getAttribute('href')
    const element = await screenOf(route, screen)
    if (screen.aborted) return
    const place = route.name === 'room' ? route : null
    const nameIn = (state: State) => place && knownRoomName(state, place.room)
    store.watch(
      (state) => windowTitle(unreadTotal(state), nameIn(state) ?? '', siteName),
      (title) => (document.title = title),
      screen,
    )
    store.watch(
      (state) => place && nameIn(state) && roomAddress(state, place.room, place.seq),
      (address) => address && router.correct(address),
      screen,
    )
    root.replaceChildren(element)
    // Back returns the focus to the link that was followed, at once: the screen takes the focus only if it is free (A9).
    const left = fromHistory ? linkLeft.get(location.pathname) : undefined
    const links = [...root.querySelectorAll<HTMLElement>('a[href]')]
    links.find((a) => a.getAttribute('href') === left)?.focus({ preventScroll: true })
    // Some screens take the focus themselves; after the others it must not stay on the body.
    after(0, () => {
      if (screen.aborted || root.contains(document.activeElement)) return
      const target =
        (matchMedia('(pointer: fine)').matches ? root.querySelector('textarea') : null) ??
        root.querySelector('h1')
      target?.focus({ preventScroll: true })
    })
    if (link) linkLeft.set(pathBefore, link)
    pathBefore = location.pathname
  }

  const router = createRouter(window, (...screen) => void mount(...screen), signal)
  const siteName = meta('application-name')?.content ?? words.common.appName
  const language = keepLanguage(device, router.refresh, signal)
  const context: HomeContext = { store, actions: session, router, language, siteName }
  void language.ready.then(router.start)
}

const app = document.getElementById('app')
if (app === null) throw new TypeError('the page has no #app')
// `theme.js` sets the mark, and shows that this browser is too old.
if (!document.documentElement.hasAttribute('data-too-old')) start(app)
