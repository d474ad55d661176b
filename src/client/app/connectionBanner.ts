import type { Announcer } from '../ui/liveRegions.ts'
import type { View } from '../ui/dom.ts'
import { connectionBanner, serverFullBanner, type Banner } from './bannerText.ts'
import type { Context } from './context.ts'
import { words } from '../words/words.ts'

/** How often (ms) the words are looked at while they may change by time alone. */
const LOOK = 250

/** Keeps the line above the composer true: the connection first, then a server that cannot store, then a wait it asked for (O12, U49, U50). */
export function showBanner(
  { store }: Context,
  line: View<Banner | null>,
  to: Pick<Announcer, 'say' | 'warn'>,
  signal: AbortSignal,
): void {
  let away = false
  let timer: ReturnType<typeof setInterval> | null = null

  function look(): void {
    const { link, offline, slowUntil, full } = store.get()
    const now = Date.now()
    const lost = connectionBanner(link, offline, now)
    const slow = slowUntil > now ? words.connection.tooFast(Math.ceil((slowUntil - now) / 1000)) : null
    const unstored = serverFullBanner(full, now)
    line.update(lost ?? unstored ?? (slow === null ? null : { text: slow, retry: false }))
    if ((lost !== null) !== away) {
      away = lost !== null
      if (away) to.warn(words.connection.offline)
      else if (link.state !== 'stopped') to.say(words.connection.connectedAgain)
    }
    const calm = link.state === 'live' || link.state === 'stopped' || link.state === 'idle'
    if (calm && slow === null && (full === 0 || unstored !== null)) stop()
    else timer ??= setInterval(look, LOOK)
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer)
    timer = null
  }

  store.watch(({ link }) => link, look, signal)
  store.watch(({ offline }) => offline, look, signal)
  store.watch(({ full }) => full, look, signal)
  store.watch(({ slowUntil }) => slowUntil, look, signal)
  signal.addEventListener('abort', stop, { once: true })
}
