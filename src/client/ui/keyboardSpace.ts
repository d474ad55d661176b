/** Sets `--kb` to the height (px) that an on-screen keyboard covers: iOS does not resize the page for it (V11). */
export function keyboardSpace(shell: HTMLElement, signal: AbortSignal): void {
  const view = window.visualViewport
  if (!view) return
  const measure = () => {
    const covered = Math.max(0, Math.round(window.innerHeight - view.height - view.offsetTop))
    // Pinch zoom shrinks the visual viewport, too.
    shell.style.setProperty('--kb', view.scale > 1.01 ? '0px' : `${covered}px`)
  }
  view.addEventListener('resize', measure, { signal })
  view.addEventListener('scroll', measure, { signal })
}
