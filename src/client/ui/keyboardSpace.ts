/** T5: the height is never set from here; an iPhone's keyboard covers the page, and `--kb` says how much of it. */
export function keyboardSpace(shell: HTMLElement, signal: AbortSignal): void {
  const view = window.visualViewport
  if (!view) return
  const measure = () => {
    const covered = Math.max(0, Math.round(window.innerHeight - view.height - view.offsetTop))
    // Zoomed in with two fingers, the view is small without any keyboard.
    shell.style.setProperty('--kb', view.scale > 1.01 ? '0px' : `${covered}px`)
  }
  view.addEventListener('resize', measure, { signal })
  view.addEventListener('scroll', measure, { signal })
}
