import { childController, h, type Child } from './dom.ts'

export interface Dialog {
  readonly element: HTMLDialogElement
  /** Aborted when the dialog closes: watches, listeners and timers of its content hang on it. */
  readonly signal: AbortSignal
  close(): void
}

let made = 0

/**
 * Opens a native dialog over the page and takes it away again once it is closed; focus then returns by itself.
 * `final`: it cannot be dismissed, only answered. It closes when `parent` aborts.
 */
export function openDialog(
  { title, final = false, closed }: { title: string; final?: boolean; closed?: () => void },
  parent: AbortSignal,
  content: (dialog: Dialog) => Child[],
): Dialog {
  made += 1
  const lifetime = childController(parent)
  const heading = h('h2', { id: `dialog-${made}`, dir: 'auto' }, title)
  const element = h('dialog', { 'aria-labelledby': heading.id, class: 'grid gap-4' }, heading)
  const dialog: Dialog = { element, signal: lifetime.signal, close: () => element.close() }
  element.append(...content(dialog).filter((child) => child instanceof Node || typeof child === 'string'))
  element.addEventListener('cancel', (event) => {
    if (final) event.preventDefault()
  })
  lifetime.signal.addEventListener('abort', () => element.close(), { once: true })
  element.addEventListener('close', () => {
    lifetime.abort()
    element.remove()
    closed?.()
  })
  // A press on the ground around it: the dialog itself is the target only there, since its content fills it.
  element.addEventListener('pointerdown', (event) => {
    const box = element.getBoundingClientRect()
    const inside =
      event.clientX >= box.left &&
      event.clientX <= box.right &&
      event.clientY >= box.top &&
      event.clientY <= box.bottom
    if (event.target === element && !inside && !final) element.close()
  })
  document.body.append(element)
  element.showModal()
  // The room it was asked for in may have been left meanwhile.
  if (parent.aborted) element.close()
  return dialog
}

/** The row of buttons at its end; the first one is what the dialog is for. */
export function buttons(...children: Child[]): HTMLElement {
  return h('div', { class: 'buttons' }, ...children)
}
