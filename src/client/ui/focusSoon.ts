/**
 * Gives the focus to something of a screen that is being made or redrawn. While it is not in the page yet, whoever puts
 * it there may give the focus back to where it was (A9): then that holds.
 */
export function focusSoon(target: HTMLElement, signal: AbortSignal): void {
  queueMicrotask(() => {
    if (target.isConnected) return target.focus({ preventScroll: true })
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const active = document.activeElement
        const nowhere = active === null || active === document.body || active.tagName === 'H1'
        if (!signal.aborted && nowhere) target.focus({ preventScroll: true })
      }),
    )
  })
}
