import type { State } from '../../state/state.ts'
import type { Announcer } from '../../ui/liveRegions.ts'
import { button, h } from '../../ui/dom.ts'
import { iconOf } from '../../ui/icons.ts'
import type { Context } from '../context.ts'
import { words } from '../../words/words.ts'

/** How long (ms) the connection is lost before the banner shows it; `drained`: the server announced the loss. */
const BANNER_AFTER = { lost: 2_000, drained: 8_000 }
/** ms until the banner is redrawn, while time alone may change it */
const REDRAW = 250

/** Shows one thing at a time: a lost connection, else a server that cannot store, else a rate limit. @returns null: nothing */
export function bannerOf(
  state: Pick<State, 'connection' | 'offline' | 'serverFullSince' | 'rateLimitedUntil'>,
  now: number,
): { text: string; isLost?: true; offersRetry?: true } | null {
  const { connection, serverFullSince, rateLimitedUntil } = state
  const patience = 'announced' in connection && connection.announced ? 'drained' : 'lost'
  if ('since' in connection && now - connection.since >= BANNER_AFTER[patience]) {
    if (state.offline) return { text: words.connection.offline, isLost: true }
    const retry = connection.state === 'waiting' && ({ offersRetry: true } as const)
    if (connection.isBlocked) return { text: words.connection.blocked, isLost: true, ...retry }
    if (connection.state !== 'waiting') return { text: words.connection.connecting, isLost: true }
    const seconds = Math.max(1, Math.ceil((connection.until - now) / 1000))
    return { text: words.connection.reconnectingIn(seconds), isLost: true, offersRetry: true }
  }
  if (serverFullSince > 0 && now - serverFullSince >= BANNER_AFTER.lost)
    return { text: words.connection.serverFull }
  if (rateLimitedUntil <= now) return null
  return { text: words.connection.tooFast(Math.ceil((rateLimitedUntil - now) / 1000)) }
}

/**
 * The line above the composer (O12, U49, U50). "Retry now" stays during an attempt, so that it keeps the focus.
 * @param focusElsewhere takes the focus when the line that has it goes away
 */
export function banner(
  { store, actions }: Context,
  announcer: Pick<Announcer, 'say' | 'warn'>,
  focusElsewhere: () => void,
  signal: AbortSignal,
): HTMLElement {
  const text = h('span', {})
  // Beside a long text the button gets a line of its own.
  const line = h('div', { class: 'flex min-w-0 flex-auto items-center gap-3' }, iconOf('warning'), text)
  const reconnect = button(words.connection.retryNow, () => actions.reconnect(), { class: 'text-button' })
  const element = h('div', { class: 'banner', hidden: true }, line, reconnect)
  let wasLost = false
  let wasBlocked = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function draw(): void {
    const state = store.get()
    const shown = bannerOf(state, Date.now())
    const lost = shown?.isLost === true
    const hadFocus = element.contains(document.activeElement)
    element.hidden = shown === null
    element.toggleAttribute('data-lost', lost)
    text.textContent = shown?.text ?? ''
    reconnect.hidden = !lost || state.offline
    reconnect.ariaDisabled = String(!shown?.offersRetry)
    if (hadFocus && (element.hidden || reconnect.hidden)) focusElsewhere()
    if (lost !== wasLost) {
      wasLost = lost
      if (lost) announcer.warn(words.connection.offline)
      else if (state.connection.state !== 'stopped') announcer.say(words.connection.connectedAgain)
    }
    const blocked = lost && 'since' in state.connection && state.connection.isBlocked === true
    if (blocked && !wasBlocked) announcer.warn(words.connection.blocked)
    wasBlocked = blocked
    clearTimeout(timer)
    if ('since' in state.connection || state.serverFullSince > 0 || state.rateLimitedUntil > Date.now())
      timer = setTimeout(draw, REDRAW)
  }

  for (const part of ['connection', 'offline', 'serverFullSince', 'rateLimitedUntil'] as const)
    store.watch((state) => state[part], draw, signal)
  signal.addEventListener('abort', () => clearTimeout(timer))
  return element
}
