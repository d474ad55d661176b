const FOCUSABLE = 'a[href], button:not([disabled]), input, [tabindex="0"]'

/** While the drawer lies over the page Tab goes round in it: `inert` keeps the focus off the page, but not out of the browser's own bars. */
export function trapFocus(drawer: HTMLElement, signal: AbortSignal): void {
  drawer.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Tab' || drawer.getAttribute('aria-modal') !== 'true') return
      const stops = [...drawer.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((stop) =>
        stop.checkVisibility(),
      )
      const from = stops.findIndex((stop) => stop === document.activeElement)
      const last = event.shiftKey ? 0 : stops.length - 1
      if (from >= 0 && from !== last) return
      event.preventDefault()
      stops[event.shiftKey ? stops.length - 1 : 0]?.focus()
    },
    { signal },
  )
}
