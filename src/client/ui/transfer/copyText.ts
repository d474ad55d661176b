import { h } from '../dom.ts'

/**
 * Copies a text, also on a page without https, where browsers offer no `navigator.clipboard`.
 * @throws if the browser refuses
 */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch (error) {
    if (!copySelection(text)) throw error
  }
}

/** Selects the text in an invisible field, and copies the selection as Ctrl+C does. */
function copySelection(text: string): boolean {
  const focused = document.activeElement
  // A modal dialog lets nothing outside itself take the focus.
  const parent = focused?.closest('dialog, [popover]') ?? document.body
  const field = h('textarea', { readonly: true, class: 'sr-only', 'aria-hidden': 'true', tabindex: -1 })
  field.value = text
  parent.append(field)
  field.focus({ preventScroll: true })
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true })
  return isCopied
}
