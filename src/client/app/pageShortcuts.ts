import type { Parts } from './parts.ts'
import type { Writing } from '../composer/composerModes.ts'

/** The keys that belong to the page as a whole: F6 goes round its parts, Escape takes away the topmost thing. */
export function keyboard(
  { heading, messages, side, write }: Parts,
  aims: Writing,
  on: { help(): void; end(): void },
  signal: AbortSignal,
): void {
  const round = [
    { holds: heading, focus: () => heading.querySelector<HTMLElement>('button')?.focus() },
    { holds: messages.element, focus: () => messages.focus() },
    { holds: side.element, focus: () => side.focus() },
    { holds: write.element, focus: () => write.focus() },
  ]

  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'F6' && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault()
        const at = round.findIndex(({ holds }) => holds.contains(document.activeElement))
        const step = event.shiftKey ? -1 : 1
        round.at((Math.max(at, event.shiftKey ? 0 : -1) + step) % round.length)?.focus()
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
      if (side.close() || aims.end()) return
      on.end()
      messages.toEnd()
    },
    { signal },
  )
}
