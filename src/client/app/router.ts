/** Where I am, as the address says it, and the screen that belongs to it. */

export type Route = { name: 'home' } | { name: 'room'; room: string; seq?: number } | { name: 'notFound' }

export interface Router {
  current(): Route
  /** Goes there; the same address again does nothing. `replace` for corrections, which Back must not return to. */
  navigate(path: string, how?: { replace?: boolean }): void
  back(): void
  /**
   * Something lies over the screen (a drawer) and Back closes it: `closed` is called once, however it ends. Gives what
   * closes it. Going elsewhere while it is open takes its place in the history, so that Back is one press (T14).
   */
  over(closed: () => void): () => void
  /** Keeps a value with the present entry of the history, also over a reload; undefined where none was kept. */
  remember(value: string | number): void
  remembered(): string | number | undefined
}

/** How a screen was reached: by a step of the person, by Back or Forward, or because the page was opened. */
export type Arrival = 'step' | 'history' | 'first'

interface HistoryEntry {
  entry: number
  over?: true
  kept?: string | number
}

/** A path without its query → the screen that it names. */
export function parseRoute(path: string): Route {
  if (path === '/') return { name: 'home' }
  // Fifteen digits are a number that nothing is lost of.
  const [, room, seq] = /^\/chat\/([a-z0-9-]{1,64})(?:\/([1-9]\d{0,14}))?$/.exec(path) ?? []
  if (room === undefined) return { name: 'notFound' }
  return { name: 'room', room, ...(seq !== undefined && { seq: Number(seq) }) }
}

/** The address that was meant by one that names no screen but for its capitals or a slash at its end; else itself. */
export function meantBy(path: string): string {
  const meant = path.toLowerCase().replace(/\/+$/, '')
  return parseRoute(path).name === 'notFound' && parseRoute(meant).name === 'room' ? meant : path
}

/** The path of a link that a click means to follow inside this page, or null if the click is the browser's. */
export function pathOfClick(event: MouseEvent, origin: string): string | null {
  if (event.defaultPrevented || event.button !== 0) return null
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null
  const target = event.target as Partial<Element> | null
  const link = target?.closest?.('a[href]')
  if (!link || link.hasAttribute('download') || !['', '_self'].includes(link.getAttribute('target') ?? ''))
    return null
  const url = new URL(link.getAttribute('href') ?? '', new URL(link.baseURI, origin))
  if (url.origin !== origin || url.hash !== '') return null
  return parseRoute(url.pathname).name === 'notFound' ? null : url.pathname
}

/**
 * From `start` on it shows the present address and each later one, with a signal that is aborted on leaving it. All
 * listeners end with `signal`. `show` must not throw.
 */
export function createRouter(
  page: Pick<Window, 'history' | 'location' | 'document' | 'addEventListener'>,
  show: (route: Route, signal: AbortSignal, arrival: Arrival) => void,
  signal: AbortSignal,
): Router & { start(): void } {
  const { history, location, document } = page
  let path = ''
  let route: Route = { name: 'notFound' }
  let screen = new AbortController()
  let layer: { closed: () => void; entry: number } | null = null
  const kept = new Map<number, string | number>()
  let entry = 0

  function entryOf(state: unknown): HistoryEntry | null {
    const value = state as Partial<HistoryEntry> | null
    return typeof value?.entry === 'number' ? (value as HistoryEntry) : null
  }

  function enter(arrival: Arrival): void {
    screen.abort()
    screen = new AbortController()
    path = meantBy(location.pathname)
    if (path !== location.pathname) history.replaceState(history.state, '', path)
    route = parseRoute(path)
    show(route, screen.signal, arrival)
  }

  function adopt(): void {
    const known = entryOf(history.state)
    entry = known?.entry ?? Math.random()
    if (known === null) history.replaceState({ entry } satisfies HistoryEntry, '')
    else if (known.kept !== undefined && !kept.has(entry)) kept.set(entry, known.kept)
  }

  function endLayer(): void {
    const ended = layer
    layer = null
    ended?.closed()
  }

  function write(how: 'pushState' | 'replaceState', to: string, over?: true): void {
    // The screen being left may still want to keep something with its own entry.
    if (to !== path) screen.abort()
    if (how === 'pushState') entry = Math.random()
    history[how]({ entry, ...(over && { over }) } satisfies HistoryEntry, '', to)
  }

  const router = {
    start() {
      adopt()
      enter('first')
      // A reload under an open drawer: the drawer is gone, its entry is not.
      if (entryOf(history.state)?.over) history.back()
    },
    current: () => route,
    navigate(to: string, { replace = false }: { replace?: boolean } = {}) {
      const covered = layer !== null
      if (to === path) {
        if (covered) history.back()
        return
      }
      endLayer()
      write(replace || covered ? 'replaceState' : 'pushState', to)
      enter('step')
    },
    back: () => history.back(),
    over(closed: () => void) {
      endLayer()
      const under = entry
      write('pushState', path, true)
      const opened = { closed, entry: under }
      layer = opened
      return () => {
        if (layer === opened) history.back()
      }
    },
    remember(value: string | number) {
      const current = layer?.entry ?? entry
      // One value a screen ever visited in this tab; the oldest go first.
      kept.delete(current)
      kept.set(current, value)
      if (kept.size > 100) for (const oldest of kept.keys()) if (kept.size > 100) kept.delete(oldest)
      // At once, since what is written while the page goes is lost. Behind Back the entry is another one already.
      const state = entryOf(history.state)
      if (state?.entry === current) history.replaceState({ ...state, kept: value }, '')
    },
    remembered: () => kept.get(layer?.entry ?? entry),
  }

  history.scrollRestoration = 'manual'
  page.addEventListener(
    'popstate',
    () => {
      if (location.pathname !== path) screen.abort()
      adopt()
      endLayer()
      if (location.pathname !== path) enter('history')
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
  signal.addEventListener('abort', () => screen.abort(), { once: true })
  return router
}
