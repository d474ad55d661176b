import { h } from './dom.ts'

const SHOWN_MS = 4_000
/** Screen readers ignore text that enters the page together with its live region. */
const SETTLE_MS = 100

/**
 * Confirms an action for 4 s, in a line that takes no press.
 * @param place the line stands at its lower edge; without one at the window's
 * @param announce speaks the message; without it the line is a live region of its own
 */
export function toast(message: string, place?: Element, announce?: (message: string) => void): void {
  removeToast()
  const element = h('div', { class: 'toast', ...(announce ? { 'aria-hidden': 'true' } : { role: 'status' }) })
  ;(place ?? document.body).append(element)
  const draw = () => element.append(message)
  if (announce) {
    announce(message)
    draw()
  } else setTimeout(draw, SETTLE_MS)
  setTimeout(() => element.remove(), SHOWN_MS)
}

/** Removes the line: something failed since. */
export function removeToast(): void {
  document.querySelector('.toast')?.remove()
}
