/** Elects one of my tabs to notify for all of them: one with a live connection (U76). A Web Lock ends with its tab. */
import type { Timers } from '../net/timers.ts'
import type { StateStore } from '../state/store.ts'

/** How long (ms) a tab without a connection remains the leader; then another tab takes over. */
export const RELEASE_AFTER = 5_000

/** @returns a function that says whether this tab is the leader; without locks, or where the browser refuses them, every tab is */
export function electLeader(
  store: StateStore,
  world: Pick<Timers, 'after'> & { locks: Pick<LockManager, 'request'> | undefined },
  signal: AbortSignal,
): () => boolean {
  const { locks } = world
  if (locks === undefined) return () => true
  let leads = false
  let candidacy: AbortController | null = null
  let cancelRelease = () => {}

  const release = () => {
    leads = false
    candidacy?.abort()
    candidacy = null
  }

  const requestLock = () => {
    if (candidacy !== null) return
    candidacy = new AbortController()
    const { signal: ended } = candidacy
    const { promise: released, resolve } = Promise.withResolvers<void>()
    ended.addEventListener('abort', () => resolve())
    const elect = async () =>
      locks.request('hubbub notifications', { signal: ended }, () => {
        leads = !ended.aborted
        return released
      })
    // Rejects if it is released before it was granted, or if the browser refuses locks.
    elect().catch(() => (leads = !ended.aborted))
  }

  store.watch(
    ({ connection }) => connection.state === 'live',
    (isLive) => {
      cancelRelease()
      if (isLive) requestLock()
      else cancelRelease = world.after(RELEASE_AFTER, release)
    },
    signal,
  )
  signal.addEventListener('abort', release)
  return () => leads
}
