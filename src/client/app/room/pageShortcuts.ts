/** One part of the page that F6 leads to. */
export interface PagePart {
  holds: HTMLElement
  focus(): void
}

/** The keys that belong to the page as a whole: F6 goes round its parts, ? lists keys, Escape takes away the topmost thing. */
export function pageShortcuts(
  parts: readonly PagePart[],
  on: { help(): void; escape(): void },
  signal: AbortSignal,
): void {
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'F6' && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault()
        const at = parts.findIndex(({ holds }) => holds.contains(document.activeElement))
        const step = event.shiftKey ? -1 : 1
        parts.at((Math.max(at, event.shiftKey ? 0 : -1) + step) % parts.length)?.focus()
        return
      }
      const typing = event.target instanceof Element && event.target.closest('input, textarea') !== null
      if (event.key === '?' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault()
        if (document.querySelector('dialog[open]') === null) on.help()
        return
      }
      // A dialog or an open menu has its own Escape, and takes it first.
      if (event.key !== 'Escape' || event.shiftKey || event.isComposing || event.defaultPrevented) return
      if (document.querySelector('dialog[open], [popover]:popover-open')) return
      on.escape()
    },
    { signal },
  )
}
