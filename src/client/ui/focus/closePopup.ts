/**
 * Closes a popup on Escape while the focus is in it. The browser itself closes it some milliseconds later: what is typed
 * meanwhile would be lost (A10).
 */
export function closeOnEscape(element: HTMLElement, close: () => void): void {
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.shiftKey || event.isComposing || event.defaultPrevented) return
    event.preventDefault()
    close()
  })
}

/** Chrome returns the focus from a popup to a text field without its caret, so that typing does nothing. */
export function restoreCaret(): void {
  const field = document.activeElement
  if (field instanceof HTMLTextAreaElement) field.setSelectionRange(field.selectionStart, field.selectionEnd)
}
