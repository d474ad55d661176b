/** Refuses files that are dropped on the page: the browser would open them in place of the chat. Text may be dropped (U28). */
export function refuseFiles(signal: AbortSignal): void {
  const refuse = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'none'
  }
  for (const type of ['dragenter', 'dragover', 'drop'] as const)
    window.addEventListener(type, refuse, { signal })
}
