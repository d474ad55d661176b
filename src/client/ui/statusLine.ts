import { h } from './dom.ts'

/** How long (ms) it can be read. */
const STAYS = 4_000

export interface StatusLine {
  readonly element: HTMLElement
  say(message: string): void
}

/**
 * Says that something was done: once to a screen reader, by `announce`, and for a moment in a line that always has its place,
 * so that nothing moves and nothing is covered.
 */
export function statusLine(announce: (message: string) => void, signal: AbortSignal): StatusLine {
  const element = h('div', { class: 'note-line', 'aria-hidden': 'true', hidden: true })
  let timer: ReturnType<typeof setTimeout> | undefined
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  return {
    element,
    say(message) {
      if (signal.aborted) return
      announce(message)
      element.textContent = message
      element.hidden = false
      clearTimeout(timer)
      timer = setTimeout(() => {
        element.hidden = true
      }, STAYS)
    },
  }
}
