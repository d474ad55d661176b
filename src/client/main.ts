/** Wires everything, then shows the address. The only file that touches the page's globals. */
import { createActions } from './actions.ts'
import { h } from './dom.ts'
import { watchActivity } from './net/activity.ts'
import { createApi } from './net/api.ts'
import { Outbox } from './net/outbox.ts'
import { createSocket, type Wire } from './net/socket.ts'
import { memoryStorage, openStorage } from './net/storage.ts'
import { joinTab } from './net/tabLock.ts'
import { joinTabs } from './net/tabs.ts'
import { createRouter, type Arrival, type Route } from './router.ts'
import { roomName, titleOf, unreadTotal } from './state/select.ts'
import { createStore } from './state/store.ts'
import { createSync } from './sync.ts'
import type { Context } from './views/context.ts'
import { homeView } from './views/home.ts'
import { notFoundView } from './views/notFound.ts'

/** How often (ms) the tab that leads looks for what dead tabs left behind. */
const ORPHANS = 30_000
/** How long (ms) frames of a page that paints nothing wait. */
const UNPAINTED = 250

const page = new AbortController()
const { signal } = page
const store = createStore()
const api = createApi((path, init) => fetch(path, init))
const now = () => Date.now()
const random = () => Math.random()

function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** Once: before the next paint, or soon where there is none. A hidden page paints nothing. */
function draw(run: () => void): void {
  const cancel = after(UNPAINTED, () => {
    cancelAnimationFrame(frame)
    run()
  })
  const frame = requestAnimationFrame(() => {
    cancel()
    run()
  })
}

/** 32 hex digits. `randomUUID` is missing where a page came over plain http. */
function nonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Browsers that refuse storage throw at the mere mention of it. */
function storageOf(kind: 'localStorage' | 'sessionStorage'): Storage | null {
  try {
    return window[kind]
  } catch {
    return null
  }
}

async function start(): Promise<void> {
  let lead = false
  let orphans = async () => {}
  const [storage, tab] = await Promise.all([
    openStorage().catch(() => memoryStorage()),
    joinTab(
      { locks: navigator.locks, session: storageOf('sessionStorage'), random: nonce },
      () => {
        lead = true
        void orphans()
      },
      signal,
    ),
  ])
  if (!storage.lasting) store.dispatch({ type: 'forgetful' })

  const asks = (event: BeforeUnloadEvent) => event.preventDefault()
  const sync = createSync(
    store,
    { now, after, draw, activity: () => activity() },
    (owner) =>
      createSocket(
        {
          open: () =>
            new WebSocket(
              `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws?v=1`,
            ) as Wire,
          now,
          after,
          random,
          hidden: () => document.hidden,
          async session() {
            const answer = await api.session()
            if (answer.ok) return 'yes'
            return answer.code === 'unauthenticated' ? 'no' : 'unknown'
          },
        },
        owner,
      ),
    (owner) =>
      new Outbox(
        storage,
        tab.id,
        { now, after, random, nonce },
        {
          ...owner,
          forgetful: () => store.dispatch({ type: 'forgetful' }),
          // T7: the handler keeps a page out of the back-forward cache, so it is there only while it must be.
          losing: (would) =>
            would
              ? window.addEventListener('beforeunload', asks)
              : window.removeEventListener('beforeunload', asks),
        },
      ),
    signal,
  )
  const activity = watchActivity(
    document,
    { now, after },
    (state) => sync.socket.send({ type: 'state', state }),
    signal,
  )
  const tabs = joinTabs((news) => {
    if (news.type === 'self') void actions.became(news.self)
    else store.dispatch(news)
  }, signal)
  const actions = createActions(store, sync, api, tabs, { now, after, device: storageOf('localStorage') })

  heedThePage(sync.socket, () => actions.settle())
  orphans = async () => {
    if (lead) await sync.outbox.adopt(await tab.living())
  }
  const watchOrphans = (): void => {
    after(ORPHANS, () => void orphans().finally(watchOrphans))
  }
  watchOrphans()
  void actions.meet().then(() => orphans())
  store.watch(
    ({ link }) => link.state === 'live',
    (live) => {
      if (live) void actions.loadRooms()
    },
    signal,
  )

  const place = document.querySelector<HTMLMetaElement>('meta[name=application-name]')?.content ?? 'Hubbub'
  const root = document.getElementById('app')
  if (root === null) throw new TypeError('the page has no #app')
  const show = (route: Route, its: AbortSignal, arrival: Arrival) =>
    void mount(root, context, route, its, arrival)
  const router = createRouter(window, show, signal)
  const context: Context = { store, actions, router, place }
  router.start()
}

/** What the browser says of the network and of being seen. */
function heedThePage(socket: ReturnType<typeof createSocket>, settle: () => void): void {
  window.addEventListener('online', () => {
    store.dispatch({ type: 'offline', offline: false })
    socket.nudge('online')
  })
  window.addEventListener('offline', () => {
    store.dispatch({ type: 'offline', offline: true })
    socket.doubt()
  })
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) socket.nudge('pageshow')
  })
  window.addEventListener('pagehide', settle)
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) settle()
    else socket.nudge('visible')
  })
  if (!navigator.onLine) store.dispatch({ type: 'offline', offline: true })
}

/** By which link each address was left last, so that Back returns the focus to it. */
const linkLeft = new Map<string, string>()
let shownBefore = location.pathname

/** Puts a screen into the page: title first, then focus (A9). */
async function mount(
  root: HTMLElement,
  context: Context,
  route: Route,
  signal: AbortSignal,
  arrival: Arrival,
): Promise<void> {
  const left = document.activeElement?.closest('a[href]')?.getAttribute('href')
  const screen = await screenOf(context, route, signal)
  if (signal.aborted) return
  store.watch(
    (state) =>
      titleOf(unreadTotal(state), route.name === 'room' ? roomName(state, route.room) : '', context.place),
    (title) => {
      document.title = title
    },
    signal,
  )
  root.replaceChildren(screen)
  // A screen may have taken the focus by itself; where none did it must not be left on the body.
  requestAnimationFrame(() => {
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

const loadRoom = () => import('./views/room.ts')

async function screenOf(context: Context, route: Route, signal: AbortSignal): Promise<HTMLElement> {
  if (route.name === 'notFound') return notFoundView(context, signal)
  if (route.name === 'home') {
    whenIdle(() => {
      loadRoom().catch(() => {
        // Only fetched ahead; who goes there is told.
      })
    })
    return homeView(context, signal)
  }
  try {
    const { roomView } = await loadRoom()
    return roomView(context, route, signal)
  } catch (error) {
    console.error('the chat could not be loaded', error)
    return unloaded()
  }
}

function whenIdle(run: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(run)
  else setTimeout(run, 1_000)
}

/** A part of the page did not come: the network is off, or a newer version has taken its place. */
function unloaded(): HTMLElement {
  return h(
    'main',
    { class: 'page' },
    h(
      'div',
      { class: 'grid gap-6' },
      h('h1', { class: 'text-title font-semibold tracking-tight', tabindex: -1 }, 'This did not load'),
      h('p', { class: 'text-muted' }, 'The network may be off, or there is a newer version.'),
      h('button', { type: 'button', class: 'button', onClick: () => location.reload() }, 'Reload'),
    ),
  )
}

void start()
