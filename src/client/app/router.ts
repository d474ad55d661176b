/** The route that the address names, and the screen shown for it. */
import { parseRoomPath } from '../../shared/roomPath.ts'

export type Route = { name: 'home' } | { name: 'room'; room: string; seq?: number } | { name: 'notFound' }

export type Router = ReturnType<typeof createRouter>

/** What `history.state` holds. */
interface HistoryEntry {
  /** random: tells the entries apart */
  entry: number
  /** true: a drawer was open over the screen */
  over?: true
  /** what the screen remembers */
  kept?: unknown
}

/** @param path without a query */
export function parseRoute(path: string): Route {
  if (path === '/') return { name: 'home' }
  const place = parseRoomPath(path)
  return place === null ? { name: 'notFound' } : { name: 'room', ...place }
}

/** Corrects capitals and a slash at the end, if the path then names a room. */
export function canonicalPath(path: string): string {
  const corrected = path.toLowerCase().replace(/\/+$/, '')
  return parseRoute(path).name === 'notFound' && parseRoute(corrected).name === 'room' ? corrected : path
}

/** Do two paths name the same screen? The name before a room's slug is for people. */
function isSameScreen(path: string, other: string): boolean {
  const [place, otherPlace] = [path, other].map(parseRoomPath)
  return path === other || (!!place && place.room === otherPlace?.room && place.seq === otherPlace.seq)
}

/** The path of the link that a click follows inside this page; null if the browser is to handle the click. */
export function pathOfClick(event: MouseEvent, origin: string): string | null {
  if (event.defaultPrevented || event.button !== 0) return null
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null
  const link = (event.target as Partial<Element> | null)?.closest?.('a[href]')
  if (!link || link.hasAttribute('download') || !['', '_self'].includes(link.getAttribute('target') ?? ''))
    return null
  const url = new URL(link.getAttribute('href') ?? '', new URL(link.baseURI, origin))
  if (url.origin !== origin || url.hash !== '') return null
  return parseRoute(url.pathname).name === 'notFound' ? null : url.pathname
}

/**
 * Shows the screen of the present address once started, and of each later one until the signal aborts.
 * @param show must not throw; its signal aborts when the screen is left; `fromHistory`: reached by Back or Forward
 */
export function createRouter(
  page: Pick<Window, 'history' | 'location' | 'document' | 'addEventListener'>,
  show: (route: Route, signal: AbortSignal, fromHistory: boolean) => void,
  signal: AbortSignal,
) {
  const { history, location, document } = page
  let path = ''
  let screen = new AbortController()
  /** the open drawer; `entry` is the history entry of the screen under it */
  let layer: { closed: () => void; entry: number } | null = null
  /** entry → value. A screen left by Back remembers its value here: by then `history.state` belongs to the next screen. */
  const kept = new Map<number, unknown>()
  let entry = 0

  function currentEntry(): HistoryEntry | null {
    const value = history.state as Partial<HistoryEntry> | null
    return typeof value?.entry === 'number' ? (value as HistoryEntry) : null
  }

  function enter(fromHistory = false): void {
    screen.abort()
    screen = new AbortController()
    path = canonicalPath(location.pathname)
    if (path !== location.pathname) history.replaceState(history.state, '', path)
    show(parseRoute(path), screen.signal, fromHistory)
  }

  function adoptEntry(): void {
    const known = currentEntry()
    entry = known?.entry ?? Math.random()
    if (known === null) history.replaceState({ entry } satisfies HistoryEntry, '')
    else if (known.kept !== undefined && !kept.has(entry)) kept.set(entry, known.kept)
  }

  function closeLayer(): void {
    const open = layer
    layer = null
    open?.closed()
  }

  function writeEntry(how: 'pushState' | 'replaceState', to: string, over?: true): void {
    // Before the entry changes: the screen that is left may remember something with its own entry.
    if (!isSameScreen(to, path)) screen.abort()
    if (how === 'pushState') entry = Math.random()
    history[how]({ entry, ...(over && { over }) } satisfies HistoryEntry, '', to)
  }

  const router = {
    start() {
      adoptEntry()
      enter()
      // The page was reloaded under an open drawer, and its history entry is still there.
      if (currentEntry()?.over) history.back()
    },
    /** Navigating to the present screen only closes a drawer. */
    navigate(to: string): void {
      const isCovered = layer !== null
      if (isSameScreen(to, path)) {
        if (isCovered) history.back()
        return
      }
      closeLayer()
      writeEntry(isCovered ? 'replaceState' : 'pushState', to)
      enter()
    },
    /** Writes the address of the present screen in another way. */
    correct(to: string): void {
      const { pathname } = new URL(to, location.origin)
      if (pathname === location.pathname || !isSameScreen(to, path)) return
      path = pathname
      history.replaceState(history.state, '', path)
    },
    /** Draws the present screen anew, in another language. */
    refresh(): void {
      closeLayer()
      enter()
    },
    /**
     * Adds a history entry for a drawer over the screen, so that Back closes the drawer. Navigating meanwhile replaces the entry.
     * @param closed called once, however the drawer is closed
     * @returns closes the drawer
     */
    openLayer(closed: () => void): () => void {
      closeLayer()
      const opened = { closed, entry }
      writeEntry('pushState', path, true)
      layer = opened
      return () => {
        if (layer === opened) history.back()
      }
    },
    /** Keeps plain data with the present history entry, also over a reload. */
    remember(value: unknown): void {
      const current = layer?.entry ?? entry
      kept.set(current, value)
      const state = currentEntry()
      if (state?.entry === current) history.replaceState({ ...state, kept: value }, '')
    },
    remembered: (): unknown => kept.get(layer?.entry ?? entry),
  }

  history.scrollRestoration = 'manual'
  page.addEventListener(
    'popstate',
    () => {
      const isElsewhere = !isSameScreen(location.pathname, path)
      if (isElsewhere) screen.abort()
      adoptEntry()
      closeLayer()
      if (isElsewhere) enter(true)
    },
    { signal },
  )
  document.addEventListener(
    'click',
    (event) => {
      const to = pathOfClick(event, location.origin)
      if (to === null) return
      event.preventDefault()
      router.navigate(to)
    },
    { signal },
  )
  signal.addEventListener('abort', () => screen.abort())
  return router
}
