/** What a finger has done since it came down: px, ms. */
interface Stroke {
  x: number
  dx: number
  dy: number
  ms: number
}

/** The browser's own gestures begin within this distance (px) of an edge of the window. */
const BROWSER_EDGE = 20

/** Does a stroke move the drawer, 'forward' in reading direction or 'back'? It must be flat, and either long or quick (V14). */
export function swipeDirection(
  { x, dx, dy, ms }: Stroke,
  { width, drawer, rtl }: { width: number; drawer: number; rtl: boolean },
): 'forward' | 'back' | null {
  if (x < BROWSER_EDGE || x > width - BROWSER_EDGE || Math.abs(dy) >= Math.abs(dx)) return null
  if (Math.abs(dx) <= drawer / 2 && (Math.abs(dx) <= 50 || ms >= 180)) return null
  return dx > 0 === !rtl ? 'forward' : 'back'
}

/** Calls `swiped` for each stroke that moves a drawer of `width` px. */
export function watchSwipes(
  shell: HTMLElement,
  { width, swiped }: { width: () => number; swiped(direction: 'forward' | 'back'): void },
  signal: AbortSignal,
): void {
  let start: { x: number; y: number; at: number } | null = null

  const begin = ({ touches, timeStamp }: TouchEvent) => {
    const [finger] = touches
    const isOneFinger = touches.length === 1 && finger !== undefined
    start = isOneFinger ? { x: finger.clientX, y: finger.clientY, at: timeStamp } : null
  }
  const end = ({ changedTouches, timeStamp, target }: TouchEvent) => {
    const [finger] = changedTouches
    if (start === null || finger === undefined) return
    const { x, y, at } = start
    start = null
    // Selecting text, moving the caret or scrolling sideways is no swipe.
    const scrolls = 'textarea, input, pre, table, [popover], .room-strip'
    if (target instanceof Element && target.closest(scrolls) !== null) return
    if (document.getSelection()?.isCollapsed === false) return
    const direction = swipeDirection(
      { x, dx: finger.clientX - x, dy: finger.clientY - y, ms: timeStamp - at },
      { width: window.innerWidth, drawer: width(), rtl: document.dir === 'rtl' },
    )
    if (direction !== null) swiped(direction)
  }
  shell.addEventListener('touchstart', begin, { passive: true, signal })
  shell.addEventListener('touchend', end, { passive: true, signal })
  shell.addEventListener('touchcancel', () => (start = null), { passive: true, signal })
}
