/** Which of my tabs notifies for all of them: one whose connection lives (U76). By a Web Lock: it ends with the tab. */
import type { Timers } from '../net/timers.ts'
import type { StateStore } from '../state/store.ts'

/** How long (ms) a tab without a connection remains the leader; then another tab takes over. */
export const RELEASED = 5_000

/** Is it this tab? Without locks every tab is. */
export function leadsTabs(
  store: StateStore,
  world: Pick<Timers, 'after'> & { locks: Pick<LockManager, 'request'> | undefined },
  signal: AbortSignal,
): () => boolean {
  const { locks } = world
  if (locks === undefined) return () => true
  let leads = false
  let turn: AbortController | null = null
  let cancel = () => {}

  function release(): void {
    leads = false
    turn?.abort()
    turn = null
  }

  function take(): void {
    if (turn !== null) return
    const attempt = new AbortController()
    turn = attempt
    const ended = new Promise<void>((resolve) =>
      attempt.signal.addEventListener('abort', () => resolve(), { once: true }),
    )
    locks
      ?.request('hubbub notifications', { signal: attempt.signal }, () => {
        leads = !attempt.signal.aborted
        return ended
      })
      .catch(() => {
        // Let go before it came.
      })
  }

  store.watch(
    ({ connection }) => connection.state === 'live',
    (live) => {
      cancel()
      if (live) take()
      else cancel = world.after(RELEASED, release)
    },
    signal,
  )
  signal.addEventListener('abort', release, { once: true })
  return () => leads
}
