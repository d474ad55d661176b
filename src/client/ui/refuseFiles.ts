/** A file let go over the page would be opened in its place, and what is on screen would be gone (U28). Text may be dropped. */
export function refuseFiles(signal: AbortSignal): void {
  const refuse = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'none'
  }
  for (const type of ['dragenter', 'dragover', 'drop'] as const)
    window.addEventListener(type, refuse, { signal })
}
