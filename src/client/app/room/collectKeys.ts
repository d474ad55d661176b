/**
 * Keeps Escape from the page, and with `letters` also what is typed, while a dialog loads.
 * @returns `end` stops and gives what was typed; null: Escape was pressed
 */
export function collectKeys(letters: boolean, parent: AbortSignal): { end(): string | null } {
  const lifetime = new AbortController()
  const signal = AbortSignal.any([parent, lifetime.signal])
  let typed: string | null = ''
  document.addEventListener(
    'keydown',
    (event) => {
      const { key, ctrlKey, metaKey, altKey } = event
      const isLetter = letters && key.length === 1 && !ctrlKey && !metaKey && !altKey
      if (key === 'Escape') {
        typed = null
        lifetime.abort()
      } else if (isLetter) typed += key
      else if (letters && key === 'Backspace') typed = typed?.slice(0, -1) ?? null
      // Enter would send what stands in the composer.
      else if (!letters || key !== 'Enter') return
      event.preventDefault()
      event.stopPropagation()
    },
    { capture: true, signal },
  )
  return {
    end() {
      lifetime.abort()
      return typed
    },
  }
}
