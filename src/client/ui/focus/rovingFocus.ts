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
    if (stop === undefined || !all.includes(stop))
      stop = all.find((item) => item.hasAttribute('aria-current')) ?? all[0]
    for (const item of all) item.tabIndex = item === stop ? 0 : -1
  }

  container.addEventListener('focusin', ({ target }) => {
    if (!(target instanceof HTMLElement) || !items().includes(target)) return
    stop = target
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
