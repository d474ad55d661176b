import type { WindowPoint } from '../../ui/popover.ts'

/** ms that a finger rests on a row */
const LONG_PRESS = 500
/** px that the finger may slip meanwhile */
const MAX_SLIP = 10

/** The system's own menu belongs to links and to selected text. */
export function hasSystemMenu(target: Element): boolean {
  const selection = document.getSelection()
  const isSelected = selection?.isCollapsed === false && selection.containsNode(target, true)
  return isSelected || target.closest('a[href], [data-selectable]') !== null
}

/**
 * Recognises a finger that rests on a row. Scrolling ends the press, since the browser then cancels the pointer.
 * @param press returns false if it opened nothing
 */
export function longPress(
  rows: HTMLElement,
  press: (target: Element, at: WindowPoint) => boolean,
  signal: AbortSignal,
): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let start: WindowPoint = { x: 0, y: 0 }
  /** the present touch has opened something: its click and its context menu are ignored */
  let isHandled = false

  function cancel(): void {
    clearTimeout(timer)
    timer = undefined
  }

  function open(target: Element): void {
    cancel()
    isHandled = press(target, start)
  }

  const listen = <K extends keyof HTMLElementEventMap>(
    target: HTMLElement | Document,
    type: K,
    listener: (event: HTMLElementEventMap[K]) => unknown,
  ) => target.addEventListener(type, listener as EventListener, { signal, capture: true })

  // On the document: what opened may lie under the finger, and would take the click of its lifting.
  listen(document, 'pointerdown', ({ pointerType, isPrimary, target, clientX: x, clientY: y }) => {
    cancel()
    isHandled = false
    if (pointerType !== 'touch' || !isPrimary || !(target instanceof Element)) return
    if (!rows.contains(target) || hasSystemMenu(target)) return
    start = { x, y }
    timer = setTimeout(() => open(target), LONG_PRESS)
  })
  listen(document, 'click', (event) => {
    // A key makes a click without a press (`detail` 0).
    if (!isHandled || event.detail === 0) return
    isHandled = false
    event.preventDefault()
    event.stopPropagation()
  })
  listen(rows, 'pointermove', ({ clientX, clientY }) => {
    if (Math.hypot(clientX - start.x, clientY - start.y) > MAX_SLIP) cancel()
  })
  listen(rows, 'pointerup', cancel)
  listen(rows, 'pointercancel', cancel)
  listen(rows, 'contextmenu', (event) => {
    // Some browsers fire this before the press is long enough for us, some after.
    if (timer !== undefined) open(event.target as Element)
    if (!isHandled) return
    event.preventDefault()
    event.stopPropagation()
  })
  signal.addEventListener('abort', cancel)
}
