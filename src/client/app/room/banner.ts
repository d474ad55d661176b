import type { State } from '../../state/state.ts'
import type { Announcer } from '../../ui/liveRegions.ts'
import { h } from '../../ui/dom.ts'
import type { Context } from '../context.ts'
import { words } from '../../words/words.ts'

export interface Banner {
  text: string
  /** there is no connection */
  lost?: true
  /** offer to connect now */
  retry?: true
}

/** How long (ms) a break lasts before the banner shows it; `drained`: a break that the server announced. */
const BANNER_AFTER = { lost: 2_000, drained: 8_000 }
/** How often (ms) the banner is redrawn while it may change with time alone. */
const REDRAW = 250

type BannerState = Pick<State, 'connection' | 'offline' | 'serverFullSince' | 'rateLimitedUntil'>

/** Null: there is nothing to say. The connection comes first, then a server that cannot store, then a rate limit. `now` in ms. */
export function bannerOf(state: BannerState, now: number): Banner | null {
  const { connection, serverFullSince, rateLimitedUntil } = state
  const patience = 'announced' in connection && connection.announced ? 'drained' : 'lost'
  if ('since' in connection && now - connection.since >= BANNER_AFTER[patience]) {
    if (state.offline) return { text: words.connection.offline, lost: true }
    if (connection.state !== 'waiting') return { text: words.connection.connecting, lost: true }
    const seconds = Math.max(1, Math.ceil((connection.until - now) / 1000))
    return { text: words.connection.reconnectingIn(seconds), lost: true, retry: true }
  }
  if (serverFullSince > 0 && now - serverFullSince >= BANNER_AFTER.lost)
    return { text: words.connection.serverFull }
  if (rateLimitedUntil <= now) return null
  return { text: words.connection.tooFast(Math.ceil((rateLimitedUntil - now) / 1000)) }
}

/** The line above the composer (O12, U49, U50). */
export function banner(
  { store, actions }: Context,
  announcer: Pick<Announcer, 'say' | 'warn'>,
  signal: AbortSignal,
): HTMLElement {
  const text = h('span', {})
  const reconnect = h(
    'button',
    { type: 'button', class: 'text-button', onClick: () => actions.reconnect() },
    words.connection.retryNow,
  )
  const element = h('div', { class: 'banner', hidden: true }, text, reconnect)
  let wasLost = false
  let timer: ReturnType<typeof setInterval> | undefined

  function draw(): void {
    const state = store.get()
    const shown = bannerOf(state, Date.now())
    const lost = shown?.lost === true
    element.hidden = shown === null
    text.textContent = shown?.text ?? ''
    reconnect.hidden = !shown?.retry
    if (lost !== wasLost) {
      wasLost = lost
      if (lost) announcer.warn(words.connection.offline)
      else if (state.connection.state !== 'stopped') announcer.say(words.connection.connectedAgain)
    }
    const mayChange =
      'since' in state.connection || state.serverFullSince > 0 || state.rateLimitedUntil > Date.now()
    if (!mayChange) stop()
    else timer ??= setInterval(draw, REDRAW)
  }

  function stop(): void {
    clearInterval(timer)
    timer = undefined
  }

  store.watch((state) => state.connection, draw, signal)
  store.watch((state) => state.offline, draw, signal)
  store.watch((state) => state.serverFullSince, draw, signal)
  store.watch((state) => state.rateLimitedUntil, draw, signal)
  signal.addEventListener('abort', stop, { once: true })
  return element
}
