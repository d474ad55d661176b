/** Boots the page: wires what home needs, then shows the address. The chat is a chunk of its own. */
import type { ChatActions } from './app/actions/actions.ts'
import { createSessionActions } from './app/actions/sessionActions.ts'
import { after } from './app/browser.ts'
import type { HomeContext } from './app/context.ts'
import { createRouter, type Arrival, type Route } from './app/router.ts'
import { windowTitle } from './app/windowTitle.ts'
import { createApi } from './net/api.ts'
import { joinTabs } from './net/tabChannel.ts'
import { webStorage } from './net/webStorage.ts'
import { homePage } from './session/homePage.ts'
import { roomName } from './state/roomName.ts'
import { idOf } from './state/state.ts'
import { createStore } from './state/store.ts'
import { unreadTotal } from './state/unreadCounts.ts'
import { centeredPage } from './ui/centeredPage.ts'
import { h } from './ui/dom.ts'
import { retryable } from './ui/retryImport.ts'
import { words } from './words/words.ts'

const loadChatChunk = retryable(() => import('./app/startChat.ts'))

function start(root: HTMLElement): void {
  // Aborted by nobody: what listens here ends with the page.
  const { signal } = new AbortController()
  const store = createStore()
  const api = createApi((path, init) => fetch(path, init))
  const tabs = joinTabs((message) => {
    if (message.type === 'self') void session.signedInAs(message.self)
    else if (message.type === 'read')
      store.dispatch({ type: 'readUpTo', room: message.room, seq: message.seq })
    // The list has the room now, and all of mine are followed.
    else void session.loadedChat()?.loadRooms()
  }, signal)
  const device = webStorage('localStorage')
  const session = createSessionActions(store, api, tabs, { after, device }, async () =>
    (await loadChatChunk()).startChat(
      store,
      api,
      tabs,
      {
        userId: () => idOf(store.get()),
        signedInAs: (self) => void session.signedInAs(self),
        go: (path) => router.navigate(path),
      },
      signal,
    ),
  )
  const flushTimers = () => session.loadedChat()?.flushTimers()
  window.addEventListener('pagehide', flushTimers, { signal })
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.hidden) flushTimers()
    },
    { signal },
  )
  // A final close offers a reload: nothing may be left to a timer by then (U55).
  store.watch(
    ({ connection }) => connection.state === 'stopped',
    (stopped) => {
      if (stopped) flushTimers()
    },
    signal,
  )
  const hasNoSession = document.querySelector('meta[name=session]') !== null
  const sessionKnown = session.restoreSession(hasNoSession)

  // Until it is known who is here, a cold page shows what it came with.
  async function chatReady(): Promise<ChatActions> {
    const [chat] = await Promise.all([session.loadChat(), sessionKnown])
    return chat
  }

  const siteName =
    document.querySelector<HTMLMetaElement>('meta[name=application-name]')?.content ?? words.common.appName
  const router = createRouter(
    window,
    (route, screenSignal, arrival) => void mount(root, context, chatReady, route, screenSignal, arrival),
    signal,
  )
  const context: HomeContext = { store, actions: session, router, siteName }
  router.start()
}

/** By which link each address was left last, so that Back returns the focus to it. */
const linkLeft = new Map<string, string>()
let shownBefore = location.pathname

/** Puts a screen into the page: title first, then focus (A9). */
async function mount(
  root: HTMLElement,
  context: HomeContext,
  chatReady: () => Promise<ChatActions>,
  route: Route,
  signal: AbortSignal,
  arrival: Arrival,
): Promise<void> {
  const left = document.activeElement?.closest('a[href]')?.getAttribute('href')
  const screen = await screenOf(context, chatReady, route, signal)
  if (signal.aborted) return
  context.store.watch(
    (state) =>
      windowTitle(
        unreadTotal(state),
        route.name === 'room' ? roomName(state, route.room) : '',
        context.siteName,
      ),
    (title) => {
      document.title = title
    },
    signal,
  )
  root.replaceChildren(screen)
  // A screen may have taken the focus by itself; where none did it must not be left on the body.
  after(0, () => {
    if (signal.aborted || root.contains(document.activeElement)) return
    const back = arrival === 'history' ? linkLeft.get(location.pathname) : undefined
    const link = [...root.querySelectorAll('a[href]')].find((anchor) => anchor.getAttribute('href') === back)
    const field = matchMedia('(pointer: fine)').matches ? root.querySelector('textarea') : null
    const target = link ?? field ?? root.querySelector('h1')
    if (target instanceof HTMLElement) target.focus({ preventScroll: true })
  })
  if (left) linkLeft.set(shownBefore, left)
  shownBefore = location.pathname
}

async function screenOf(
  context: HomeContext,
  chatReady: () => Promise<ChatActions>,
  route: Route,
  signal: AbortSignal,
): Promise<HTMLElement> {
  if (route.name === 'home') {
    whenIdle(() => {
      chatReady().catch(() => {
        // Only fetched ahead; who goes there is told.
      })
    })
    return homePage(context, signal)
  }
  try {
    const [{ roomPage, notFoundPage }, chat] = await Promise.all([loadChatChunk(), chatReady()])
    if (route.name === 'notFound') return notFoundPage()
    return roomPage({ ...context, actions: { ...chat, ...context.actions } }, route, signal)
  } catch (error) {
    console.error('the chat could not be loaded', error)
    return loadFailedPage()
  }
}

function whenIdle(run: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(run)
  else after(1_000, run)
}

/** A part of the page did not come: the network is off, or a newer version has taken its place. */
function loadFailedPage(): HTMLElement {
  return centeredPage(
    {
      title: words.pages.notLoaded.title,
      text: words.pages.notLoaded.text,
      look: 'text-title',
    },
    h('button', { type: 'button', class: 'button', onClick: () => location.reload() }, words.common.reload),
  ).element
}

const app = document.getElementById('app')
if (app === null) throw new TypeError('the page has no #app')
start(app)
