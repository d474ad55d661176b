/**
 * Makes the links or buttons in `container` one Tab stop: arrows, Home and End move between them. It begins at the current
 * one, else at the first.
 * @returns call it after the items have changed
 */
export function rovingFocus(container: HTMLElement): () => void {
  const items = () => [...container.querySelectorAll<HTMLElement>('li > :is(a, button)')]
  let stop: HTMLElement | undefined

  function update(): void {
    const all = items()
    if (!stop || !all.includes(stop)) {
      const before = stop
      stop =
        all.find((item) => item.getAttribute('href') === before?.getAttribute('href')) ??
        all.find((item) => item.getAttribute('aria-current')) ??
        all[0]
      // It had the focus, and was made anew in another list, or is gone (A9).
      if (before && document.activeElement === document.body) stop?.focus()
    }
    for (const item of all) item.tabIndex = item === stop ? 0 : -1
  }

  container.addEventListener('focusin', ({ target }) => {
    if (!items().includes(target as HTMLElement)) return
    stop = target as HTMLElement
    update()
  })
  container.addEventListener('keydown', (event) => {
    const all = items()
    const at = all.indexOf(event.target as HTMLElement)
    const { key, altKey, ctrlKey, metaKey } = event
    if (at < 0 || altKey || ctrlKey || metaKey) return
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[key]
    if (to === undefined) return
    event.preventDefault()
    all[to]?.focus()
  })
  return update
}
