/**
 * Refuses files that are dropped on the page or pasted, and says so: the browser would open a dropped file in place of the chat.
 * Text may be dropped and pasted (U28).
 */
export function refuseFiles(refused: () => void, signal: AbortSignal): void {
  const refuse = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'none'
    // Nothing can be dropped then, so it is said when the file comes over the window.
    if (event.type === 'dragenter' && event.relatedTarget === null) refused()
  }
  for (const type of ['dragenter', 'dragover', 'drop'] as const)
    window.addEventListener(type, refuse, { signal })
  window.addEventListener(
    'paste',
    ({ clipboardData }) => {
      const types = clipboardData?.types ?? []
      // A table that is copied comes as a picture, too.
      if (types.includes('Files') && !types.includes('text/plain')) refused()
    },
    { signal },
  )
}
