/**
 * Makes the links or buttons in `container` one Tab stop: arrows, Home and End move between them. It begins at the current
 * one, else at the first.
 * @returns call it to change the items. If the change removes the item with the focus, the focus goes to the new item with the
 * same address, else to the one where the Tab stop begins (A10)
 */
export function rovingFocus(container: HTMLElement): (change: () => void) => void {
  const items = () => [...container.querySelectorAll<HTMLElement>('li > :is(a, button)')]
  const hasFocus = () => container.contains(document.activeElement)
  let stop: HTMLElement | undefined

  function setStop(next: HTMLElement | undefined): void {
    stop = next
    for (const item of items()) item.tabIndex = item === stop ? 0 : -1
  }

  container.addEventListener('focusin', ({ target }) => {
    const item = target as HTMLElement
    if (items().includes(item)) setStop(item)
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
  return (change) => {
    const hadFocus = hasFocus()
    change()
    const all = items()
    const href = stop?.getAttribute('href')
    const next =
      all.find((item) => item.getAttribute('href') === href) ??
      all.find((item) => item.getAttribute('aria-current')) ??
      all[0]
    setStop(stop?.isConnected ? stop : next)
    if (hadFocus && !hasFocus()) stop?.focus()
  }
}
