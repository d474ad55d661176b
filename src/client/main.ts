/** Wires what home needs, then shows the address. The chat is a chunk of its own. */
import { VERSION } from '../shared/limits.ts'
import { createActions } from './app/actions/sessionActions.ts'
import { after, now, random, storageOf } from './app/browser.ts'
import { h } from './ui/dom.ts'
import { createApi, type Api } from './net/api.ts'
import { createSocket, type Socket, type SocketOwner, type SocketWorld, type Wire } from './net/socket.ts'
import { joinTabs } from './net/tabChannel.ts'
import { createRouter, type Arrival, type Route } from './app/router.ts'
import { createStore } from './state/store.ts'
import { roomName } from './state/roomName.ts'
import { windowTitle } from './app/windowTitle.ts'
import { idOf, type State } from './state/state.ts'
import type { Context } from './app/context.ts'
import { homeView } from './session/homePage.ts'
import { page } from './ui/centeredPage.ts'

/** What is not read; nothing is known of it before the chat's chunk is here. */
let unread = (_state: State) => 0

async function loadChat() {
  const chat = await import('./app/startChat.ts')
  unread = chat.unreadTotal
  return chat
}

function start(root: HTMLElement): void {
  // Aborted by nobody: what listens here ends with the page.
  const { signal } = new AbortController()
  const store = createStore()
  const api = createApi((path, init) => fetch(path, init))
  const tabs = joinTabs((news) => {
    if (news.type === 'self') void actions.signedInAs(news.self)
    else if (news.type === 'read') store.dispatch({ type: 'readUpTo', room: news.room, seq: news.seq })
    // The list has the room now, and all of mine are followed.
    else void actions.loadRooms()
  }, signal)
  const actions = createActions(store, api, tabs, { after, device: storageOf('localStorage') }, async () =>
    (await loadChat()).startChat(
      store,
      api,
      tabs,
      (owner) =>
        socketFor(api, owner, {
          userId: () => idOf(store.get()),
          signedInAs: (self) => void actions.signedInAs(self),
        }),
      (path) => router.navigate(path),
      signal,
    ),
  )
  window.addEventListener('pagehide', () => actions.flushTimers(), { signal })
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.hidden) actions.flushTimers()
    },
    { signal },
  )
  // A final close offers a reload: nothing may be left to a timer by then (U55).
  store.watch(
    ({ connection }) => connection.state === 'stopped',
    (stopped) => {
      if (stopped) actions.flushTimers()
    },
    signal,
  )
  const nobody = document.querySelector('meta[name=session]') !== null
  const met = actions.restoreSession(nobody)

  // Until it is known who is here, a cold page shows what it came with.
  const ready = () => Promise.all([met, actions.chatReady()])

  const place = document.querySelector<HTMLMetaElement>('meta[name=application-name]')?.content ?? 'Hubbub'
  const router = createRouter(
    window,
    (route, its, arrival) => void mount(root, context, ready, route, its, arrival),
    signal,
  )
  const context: Context = { store, actions, router, place }
  router.start()
}

/** Here, where home has room for it, so that the chat's chunk stays within what a chunk may take (W1). */
function socketFor(api: Api, owner: SocketOwner, who: Pick<SocketWorld, 'userId' | 'signedInAs'>): Socket {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  const world: SocketWorld = {
    ...who,
    open: () => new WebSocket(`${scheme}://${location.host}/ws?v=${VERSION}`) as Wire,
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

/** By which link each address was left last, so that Back returns the focus to it. */
const linkLeft = new Map<string, string>()
let shownBefore = location.pathname

/** Puts a screen into the page: title first, then focus (A9). */
async function mount(
  root: HTMLElement,
  context: Context,
  ready: () => Promise<unknown>,
  route: Route,
  signal: AbortSignal,
  arrival: Arrival,
): Promise<void> {
  const left = document.activeElement?.closest('a[href]')?.getAttribute('href')
  const screen = await screenOf(context, ready, route, signal)
  if (signal.aborted) return
  context.store.watch(
    (state) =>
      windowTitle(unread(state), route.name === 'room' ? roomName(state, route.room) : '', context.place),
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
    const link = [...root.querySelectorAll('a[href]')].find((one) => one.getAttribute('href') === back)
    const field = matchMedia('(pointer: fine)').matches ? root.querySelector('textarea') : null
    const target = link ?? field ?? root.querySelector('h1')
    if (target instanceof HTMLElement) target.focus({ preventScroll: true })
  })
  if (left) linkLeft.set(shownBefore, left)
  shownBefore = location.pathname
}

async function screenOf(
  context: Context,
  ready: () => Promise<unknown>,
  route: Route,
  signal: AbortSignal,
): Promise<HTMLElement> {
  if (route.name === 'home') {
    whenIdle(() => {
      ready().catch(() => {
        // Only fetched ahead; who goes there is told.
      })
    })
    return homeView(context, signal)
  }
  try {
    const [{ roomView, notFoundView }] = await Promise.all([loadChat(), ready()])
    if (route.name === 'notFound') return notFoundView()
    return roomView(context, route, signal)
  } catch (error) {
    console.error('the chat could not be loaded', error)
    return unloaded()
  }
}

function whenIdle(run: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(run)
  else after(1_000, run)
}

/** A part of the page did not come: the network is off, or a newer version has taken its place. */
function unloaded(): HTMLElement {
  return page(
    {
      title: 'This did not load',
      words: 'The network may be off, or there is a newer version.',
      look: 'text-title',
    },
    h('button', { type: 'button', class: 'button', onClick: () => location.reload() }, 'Reload'),
  ).element
}

const app = document.getElementById('app')
if (app === null) throw new TypeError('the page has no #app')
start(app)
