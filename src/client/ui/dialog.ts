import { childController, h, type Child } from './dom.ts'
import { closeOnEscape, keepCaret, type Popup } from './popover.ts'

/**
 * Opens a native modal dialog and removes it once it is closed; the browser then returns the focus. It closes when `parent`
 * aborts. `final`: only its own buttons close it.
 */
export function openDialog(
  { title, final = false }: { title: string; final?: boolean },
  parent: AbortSignal,
  content: (controls: Popup) => Child[],
) {
  const lifetime = childController(parent)
  const restoreCaret = keepCaret()
  const controls: Popup = {
    signal: lifetime.signal,
    close() {
      element.close()
      restoreCaret()
    },
  }
  const attributes = { 'aria-label': title, class: 'grid gap-4', closedby: final ? 'none' : 'closerequest' }
  const element = h('dialog', attributes, h('h2', { dir: 'auto' }, title), ...content(controls))
  if (final) element.addEventListener('cancel', (event) => event.preventDefault())
  else closeOnEscape(element, controls.close)
  // Not before the next press: the finger whose long press opened the dialog would close it by lifting.
  const isPressed = () => !final && element.setAttribute('closedby', 'any')
  document.addEventListener('pointerdown', isPressed, { once: true, capture: true, signal: lifetime.signal })
  // Safari has no `closedby`: a press beside the dialog closes it here.
  if (!final && !('closedBy' in (element as object)))
    element.addEventListener('pointerdown', ({ clientX, clientY, target }) => {
      const { left, right, top, bottom } = element.getBoundingClientRect()
      const isInside = clientX >= left && clientX <= right && clientY >= top && clientY <= bottom
      if (target === element && !isInside) element.close()
    })
  lifetime.signal.addEventListener('abort', controls.close)
  element.addEventListener('close', () => {
    lifetime.abort()
    element.remove()
  })
  document.body.append(element)
  element.showModal()
  // The browser focuses the first button. Below a long text it would scroll to it, past the beginning (U281).
  if (element.scrollTop > 0) {
    element.tabIndex = -1
    element.focus()
    element.scrollTop = 0
  }
  // The room that asked for the dialog may have been left meanwhile.
  if (parent.aborted) element.close()
  return { element, ...controls }
}

/** The row of buttons at the end of a dialog. */
export function buttons(...children: Child[]): HTMLElement {
  return h('div', { class: 'flex flex-wrap justify-end gap-2 mt-2' }, ...children)
}
