import type { Announcer } from '../ui/liveRegions.ts'
import type { View } from '../ui/dom.ts'
import { connectionBanner, serverFullBanner, type Banner } from './bannerText.ts'
import type { Context } from './context.ts'

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
    const { connection, offline, rateLimitedUntil, serverFullSince } = store.get()
    const now = Date.now()
    const lost = connectionBanner(connection, offline, now)
    const slow =
      rateLimitedUntil > now
        ? `Too fast, sending again in ${Math.ceil((rateLimitedUntil - now) / 1000)} s`
        : null
    const unstored = serverFullBanner(serverFullSince, now)
    line.update(lost ?? unstored ?? (slow === null ? null : { text: slow, retry: false }))
    if ((lost !== null) !== away) {
      away = lost !== null
      if (away) to.warn('Disconnected. What you write is sent later.')
      else if (connection.state !== 'stopped') to.say('Connected again')
    }
    const calm = connection.state === 'live' || connection.state === 'stopped' || connection.state === 'idle'
    if (calm && slow === null && (serverFullSince === 0 || unstored !== null)) stop()
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
}
