/** Whether the person is active: idle after five minutes without input, or once the page has been hidden for five seconds (U62). */
import type { Activity } from '../../shared/model.ts'
import { TIMES } from '../../shared/limits.ts'
import type { Timers } from './timers.ts'

/** ms */
const IDLE = 5 * 60_000
const INPUT = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

/** Calls `changed` when the activity changes, until the signal aborts. @returns a function that reads it, 'active' at first */
export function watchActivity(
  page: Document,
  { now, after }: Timers,
  changed: (activity: Activity) => void,
  signal: AbortSignal,
): () => Activity {
  let activity: Activity = 'active'
  let inputAt = now()
  let cancel = () => {}

  function become(next: Activity): void {
    if (next === activity) return
    activity = next
    changed(next)
  }

  function checkAfter(ms: number): void {
    cancel()
    cancel = after(ms, () => {
      const left = page.hidden ? 0 : inputAt + IDLE - now()
      if (left <= 0) become('idle')
      else checkAfter(left)
    })
  }

  function onInput(): void {
    if (page.hidden) return
    inputAt = now()
    if (activity === 'idle') checkAfter(IDLE)
    become('active')
  }

  function onVisibility(): void {
    checkAfter(page.hidden ? TIMES.stateSettles : IDLE)
    onInput()
  }

  for (const type of INPUT) page.addEventListener(type, onInput, { signal, passive: true, capture: true })
  page.addEventListener('visibilitychange', onVisibility, { signal })
  signal.addEventListener('abort', () => cancel())
  onVisibility()
  return () => activity
}
