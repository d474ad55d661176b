/** Am I here? Active on input; idle without any for five minutes, or once hidden for five seconds (U62). */
import type { Activity } from '../../shared/model.ts'
import { TIMES } from '../../shared/limits.ts'
import type { Timers } from './timers.ts'

const IDLE = 5 * 60_000
const INPUT = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

/** Calls `changed` when it flips, until the signal aborts; gives what it is now, 'active' at first. */
export function watchActivity(
  page: Document,
  world: Timers,
  changed: (activity: Activity) => void,
  signal: AbortSignal,
): () => Activity {
  let activity: Activity = 'active'
  let inputAt = world.now()
  let cancel = () => {}

  function become(next: Activity): void {
    if (next === activity) return
    activity = next
    changed(next)
  }

  function watch(ms: number): void {
    cancel()
    cancel = world.after(ms, () => {
      const left = page.hidden ? 0 : inputAt + IDLE - world.now()
      if (left <= 0) become('idle')
      else watch(left)
    })
  }

  function here(): void {
    if (page.hidden) return
    inputAt = world.now()
    if (activity === 'active') return
    become('active')
    watch(IDLE)
  }

  for (const type of INPUT) page.addEventListener(type, here, { signal, passive: true, capture: true })
  page.addEventListener(
    'visibilitychange',
    () => {
      if (page.hidden) return watch(TIMES.stateSettles)
      here()
      watch(IDLE)
    },
    { signal },
  )
  signal.addEventListener('abort', () => cancel(), { once: true })
  watch(page.hidden ? TIMES.stateSettles : IDLE)
  return () => activity
}
