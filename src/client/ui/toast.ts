import { h } from './dom.ts'

const SHOWN_MS = 4_000
/** ms until a new screen is in the page. Screen readers also ignore text that enters it together with its live region. */
const SETTLE_MS = 100

/**
 * Confirms an action for 4 s, in a line over everything else that takes no press.
 * @param place the line stands above this element, or at the window's lower edge
 * @param announce speaks the message; without it the line is a live region of its own
 */
export function toast(message: string, place?: Element, announce?: (message: string) => void): void {
  removeToast()
  const role = announce ? { 'aria-hidden': 'true' } : { role: 'status' }
  const element = h('div', { class: 'toast', popover: 'manual', ...role })
  document.body.append(element)
  element.showPopover()
  function draw(): void {
    const { innerHeight, innerWidth } = window
    const whole = { top: innerHeight, left: 0, right: innerWidth }
    const { top, left, right } = place?.isConnected ? place.getBoundingClientRect() : whole
    const [start, end] = document.dir === 'rtl' ? [innerWidth - right, left] : [left, innerWidth - right]
    element.style.setProperty('--up', `${innerHeight - top}px`)
    element.style.setProperty('--start', `${start}px`)
    element.style.setProperty('--end', `${end}px`)
    element.textContent = message
  }
  announce?.(message)
  if (place?.isConnected) draw()
  else setTimeout(draw, SETTLE_MS)
  setTimeout(() => element.remove(), SHOWN_MS)
}

/** Removes the line: something failed since. */
export function removeToast(): void {
  document.querySelector('.toast')?.remove()
}
