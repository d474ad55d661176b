import { childController } from './dom.ts'

/** A point of the window, px from its top left corner. */
export interface WindowPoint {
  x: number
  y: number
}

export interface Popover {
  /** Aborted when the popover closes: watches, listeners and timers of its content hang on it. */
  readonly signal: AbortSignal
  close(): void
}

/**
 * Shows `panel` as a native popover until `close` is called, the browser closes it (Escape, a press elsewhere) or `parent`
 * aborts; then the panel is removed from the page.
 * @param closed not called when `parent` aborts: the whole screen goes then
 */
export function openPopover(
  panel: HTMLElement,
  parent: AbortSignal,
  { into, closed }: { into?: Element | null; closed?: () => void } = {},
): Popover {
  const lifetime = childController(parent)
  const { signal } = lifetime

  function end(): void {
    if (signal.aborted) return
    closed?.()
    lifetime.abort()
  }

  signal.addEventListener('abort', () => panel.remove(), { once: true })
  panel.addEventListener(
    'toggle',
    (event) => {
      if ((event as ToggleEvent).newState === 'closed') end()
    },
    { signal },
  )
  const ground = into ?? document.querySelector('main') ?? document.body
  if (!signal.aborted) {
    ground.append(panel)
    panel.showPopover()
  }
  return {
    signal,
    close() {
      if (signal.aborted) return
      // Before the panel is removed: hiding it is what gives the focus back.
      panel.hidePopover()
      end()
    },
  }
}

/** Keeps an open panel in the window, with its start or its end at the point. On a phone the style places it. */
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
