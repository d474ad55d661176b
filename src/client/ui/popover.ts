import { childController } from './dom.ts'

/** A point of the window, px from its top left corner. */
export interface WindowPoint {
  x: number
  y: number
}

/** An open popover or dialog. */
export interface Popup {
  /** Aborts when the popup closes: watches, listeners and timers of its content use it. */
  readonly signal: AbortSignal
  close(): void
}

/**
 * Shows `panel` as a native popover until `close` is called, the browser closes it (Escape, a press outside) or `parent`
 * aborts; then removes it.
 */
export function openPopover(panel: HTMLElement, parent: AbortSignal, container?: Element | null): Popup {
  const lifetime = childController(parent)
  const { signal } = lifetime
  const restoreCaret = keepCaret()
  signal.addEventListener('abort', () => panel.remove())
  panel.addEventListener('toggle', ({ newState }) => newState === 'closed' && lifetime.abort(), { signal })
  if (!signal.aborted) {
    // Under an open drawer everything but the drawer is inert.
    const place = container ?? document.querySelector('[aria-modal=true], main:not([inert])') ?? document.body
    place.append(panel)
    panel.showPopover()
  }
  const popup: Popup = {
    signal,
    close() {
      const hadFocus = panel.contains(document.activeElement)
      // Hiding the panel, unlike removing it, returns the focus.
      if (!signal.aborted) panel.hidePopover()
      if (hadFocus) restoreCaret()
      lifetime.abort()
    },
  }
  if (panel.popover === 'auto') {
    closeOnEscape(panel, popup.close)
    panel.addEventListener('keydown', wrapTab)
  }
  return popup
}

/** Tab goes round in an open panel: behind it the focus would be lost, while the panel stays open. */
function wrapTab(event: KeyboardEvent): void {
  if (event.key !== 'Tab' || event.defaultPrevented) return
  const stops = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>('button, input')].filter(
    (element) => element.tabIndex >= 0 && element.checkVisibility(),
  )
  const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]]
  if (document.activeElement !== from) return
  event.preventDefault()
  to?.focus()
}

/** Keeps an open panel inside the window, with its start or end edge at the point. On a phone the style sheet places it. */
export function placePopover(
  panel: HTMLElement,
  { x, y }: WindowPoint,
  edge: 'start' | 'end' = 'start',
): void {
  const { width, height } = panel.getBoundingClientRect()
  const inline = document.dir === 'rtl' ? window.innerWidth - x : x
  const clamp = (value: number, limit: number) => Math.max(8, Math.min(value, limit - 8))
  const start = edge === 'end' ? inline - width : inline
  panel.style.setProperty('--x', `${clamp(start, window.innerWidth - width)}px`)
  panel.style.setProperty('--y', `${clamp(y, window.innerHeight - height)}px`)
}

/**
 * Closes a popup on Escape while the focus is in it. The browser itself closes it some milliseconds later: what is typed
 * meanwhile would be lost (A10).
 */
export function closeOnEscape(element: HTMLElement, close: () => void): void {
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.shiftKey || event.isComposing || event.defaultPrevented) return
    event.preventDefault()
    close()
  })
}

/**
 * Call it before a popup opens: Chrome returns the focus from a popup to a text field without its caret.
 * @returns puts the caret back, once, if the field has the focus again
 */
export function keepCaret(): () => void {
  let field = document.activeElement
  const { selectionStart, selectionEnd } = field as HTMLTextAreaElement
  return () => {
    if (field instanceof HTMLTextAreaElement && field === document.activeElement)
      field.setSelectionRange(selectionStart, selectionEnd)
    field = null
  }
}
