import { h, onAbort, type Child } from './dom.ts'

let made = 0

/**
 * Opens a native dialog over the page and takes it away again once it is closed; focus then returns by itself.
 * `final`: it cannot be dismissed, only answered. An aborted signal closes it.
 */
export function openDialog(
  { title, final = false, closed }: { title: string; final?: boolean; closed?: () => void },
  signal: AbortSignal,
  ...content: Child[]
): HTMLDialogElement {
  made += 1
  const heading = h('h2', { id: `dialog-${made}`, dir: 'auto' }, title)
  const dialog = h('dialog', { 'aria-labelledby': heading.id, class: 'grid gap-4' }, heading, ...content)
  dialog.addEventListener('cancel', (event) => {
    if (final) event.preventDefault()
  })
  const kept = onAbort(signal, () => dialog.close())
  dialog.addEventListener('close', () => {
    kept()
    dialog.remove()
    closed?.()
  })
  // A press on the ground around it: the dialog itself is the target only there, since its content fills it.
  dialog.addEventListener('pointerdown', (event) => {
    const box = dialog.getBoundingClientRect()
    const inside =
      event.clientX >= box.left &&
      event.clientX <= box.right &&
      event.clientY >= box.top &&
      event.clientY <= box.bottom
    if (event.target === dialog && !inside && !final) dialog.close()
  })
  document.body.append(dialog)
  dialog.showModal()
  // What was asked for in a room that was left meanwhile.
  if (signal.aborted) dialog.close()
  return dialog
}

/** The row of buttons at its end; the first one is what the dialog is for. */
export function buttons(...children: Child[]): HTMLElement {
  return h('div', { class: 'buttons' }, ...children)
}
