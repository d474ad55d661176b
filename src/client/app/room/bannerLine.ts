import type { Announcer } from '../../ui/liveRegions.ts'
import { h } from '../../ui/dom.ts'
import { connectionBanner, serverFullBanner, type Banner } from './bannerText.ts'
import type { Context } from '../context.ts'
import { words } from '../../words/words.ts'

/** How often (ms) the words are looked at while they may change by time alone. */
const LOOK = 250

/** The line above the composer: the connection first, then a server that cannot store, then a wait it asked for (O12, U49, U50). */
export function bannerLine(
  { store, actions }: Context,
  announcer: Pick<Announcer, 'say' | 'warn'>,
  signal: AbortSignal,
): HTMLElement {
  const text = h('span', {})
  const retry = h(
    'button',
    { type: 'button', class: 'text-button', onClick: () => actions.reconnect() },
    words.connection.retryNow,
  )
  const element = h('div', { class: 'banner', hidden: true }, text, retry)
  let away = false
  let timer: ReturnType<typeof setInterval> | null = null

  function draw(banner: Banner | null): void {
    element.hidden = banner === null
    if (banner === null) return
    text.textContent = banner.text
    retry.hidden = !banner.retry
  }

  function look(): void {
    const { connection, offline, rateLimitedUntil, serverFullSince } = store.get()
    const now = Date.now()
    const lost = connectionBanner(connection, offline, now)
    const slow =
      rateLimitedUntil > now ? words.connection.tooFast(Math.ceil((rateLimitedUntil - now) / 1000)) : null
    const unstored = serverFullBanner(serverFullSince, now)
    draw(lost ?? unstored ?? (slow === null ? null : { text: slow, retry: false }))
    if ((lost !== null) !== away) {
      away = lost !== null
      if (away) announcer.warn(words.connection.offline)
      else if (connection.state !== 'stopped') announcer.say(words.connection.connectedAgain)
    }
    const isSettled =
      connection.state === 'live' || connection.state === 'stopped' || connection.state === 'idle'
    if (isSettled && slow === null && (serverFullSince === 0 || unstored !== null)) stop()
    else timer ??= setInterval(look, LOOK)
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer)
    timer = null
  }

  store.watch(({ connection }) => connection, look, signal)
  store.watch(({ offline }) => offline, look, signal)
  store.watch(({ serverFullSince }) => serverFullSince, look, signal)
  store.watch(({ rateLimitedUntil }) => rateLimitedUntil, look, signal)
  signal.addEventListener('abort', stop, { once: true })
  return element
}
