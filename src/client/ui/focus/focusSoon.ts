/**
 * Focuses an element of a new screen. If the screen is not in the page yet, waits two frames and takes the focus only from the
 * body or a heading: navigating back may have returned the focus to a link (A9).
 */
export function focusSoon(target: HTMLElement, signal: AbortSignal): void {
  queueMicrotask(() => {
    if (target.isConnected) return target.focus({ preventScroll: true })
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const isUnfocused = /^(BODY|H1)?$/.test(document.activeElement?.tagName ?? '')
        if (!signal.aborted && isUnfocused) target.focus({ preventScroll: true })
      }),
    )
  })
}
