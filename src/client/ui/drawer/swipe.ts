/** What a finger has done from where it came down: px, ms. */
export interface Stroke {
  x: number
  y: number
  dx: number
  dy: number
  ms: number
}

/** Strokes that begin so near (px) to an edge of the window are the browser's own. */
const THEIRS = 20

/** Does a stroke move the drawer: 'forward' as one reads, or 'back'? Flat enough, and far or quick (V14). */
export function swiped(
  { x, dx, dy, ms }: Stroke,
  { width, drawer, rtl }: { width: number; drawer: number; rtl: boolean },
): 'forward' | 'back' | null {
  if (x < THEIRS || x > width - THEIRS || Math.abs(dy) >= Math.abs(dx)) return null
  if (Math.abs(dx) <= drawer / 2 && (Math.abs(dx) <= 50 || ms >= 180)) return null
  return dx > 0 === !rtl ? 'forward' : 'back'
}

/** A swipe opens the drawer and closes it; its buttons do the same. */
export function swipe(
  shell: HTMLElement,
  drawer: HTMLElement,
  on: { open(): void; close(): void },
  signal: AbortSignal,
): void {
  const narrow = matchMedia('(max-width: 767.98px)')
  let from: { x: number; y: number; at: number } | null = null

  shell.addEventListener(
    'touchstart',
    ({ touches, timeStamp }) => {
      const [finger] = touches
      const isOneFinger = touches.length === 1 && narrow.matches && finger !== undefined
      from = isOneFinger ? { x: finger.clientX, y: finger.clientY, at: timeStamp } : null
    },
    { passive: true, signal },
  )
  shell.addEventListener(
    'touchend',
    ({ changedTouches, timeStamp, target }) => {
      const [finger] = changedTouches
      if (from === null || finger === undefined) return
      const { x, y, at } = from
      from = null
      // Whoever selects text, or moves the caret in it, does not mean the drawer.
      const writes = target instanceof Element && target.closest('textarea, input, pre, [popover]') !== null
      if (writes || document.getSelection()?.isCollapsed === false) return
      const stroke = { x, y, dx: finger.clientX - x, dy: finger.clientY - y, ms: timeStamp - at }
      const rtl = document.dir === 'rtl'
      const way = swiped(stroke, { width: window.innerWidth, drawer: drawer.offsetWidth, rtl })
      if (way === 'forward') on.open()
      else if (way === 'back') on.close()
    },
    { passive: true, signal },
  )
  shell.addEventListener('touchcancel', () => (from = null), { passive: true, signal })
}
