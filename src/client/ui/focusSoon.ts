/**
 * Focuses an element of a screen that is being built. If the screen is not in the page yet, two frames later it takes the
 * focus only from the body or the heading: navigating back may have returned the focus to a link (A9).
 */
export function focusSoon(target: HTMLElement, signal: AbortSignal): void {
  queueMicrotask(() => {
    if (target.isConnected) return target.focus({ preventScroll: true })
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const active = document.activeElement
        const isUnfocused = active === null || active === document.body || active.tagName === 'H1'
        if (!signal.aborted && isUnfocused) target.focus({ preventScroll: true })
      }),
    )
  })
}
