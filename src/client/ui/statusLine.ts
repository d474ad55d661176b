import { h } from './dom.ts'

const SHOWN_MS = 4_000

/** Confirms an action: announces it once to screen readers and shows it for 4 s in a line that neither moves nor covers anything. */
export function statusLine(announce: (message: string) => void, signal: AbortSignal) {
  const element = h('div', { class: 'note-line', 'aria-hidden': 'true', hidden: true })
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    element,
    say(message: string): void {
      if (signal.aborted) return
      announce(message)
      element.textContent = message
      element.hidden = false
      clearTimeout(timer)
      timer = setTimeout(() => (element.hidden = true), SHOWN_MS)
    },
  }
}
