/** Is this code or a table that goes on to this side? Then the arrow key scrolls it (U164). */
function canScroll(element: Element | undefined, side: 1 | -1): boolean {
  if (element?.matches('.scrolls') !== true) return false
  const most = element.scrollWidth - element.clientWidth
  const isRtl = getComputedStyle(element).direction === 'rtl'
  const [start, end] = isRtl ? [-most, 0] : [0, most]
  return side === 1 ? element.scrollLeft < end - 1 : element.scrollLeft > start + 1
}

/**
 * The list is one Tab stop: the arrow keys move between rows, Enter opens the actions of a row (A8).
 * @returns a function to call before rows are drawn. It returns a second one, to call after that, which moves the focus on if
 * the focused row or what had the focus in it was removed (A10).
 */
export function rowFocus(
  log: HTMLElement,
  rows: HTMLElement,
  on: {
    end(): void
    /** the row being read */
    near(): Element | null
    leave(): void
    /** @returns false if the row has no actions */
    openActions(row: HTMLElement): boolean
  },
) {
  const messages = () => [...rows.querySelectorAll('.message')]

  function focusedRow(): Element | null {
    const active = document.activeElement
    return active !== null && rows.contains(active) ? active.closest('.message') : null
  }

  function focusInPlace(target: Element | null | undefined): target is HTMLElement {
    if (!(target instanceof HTMLElement)) return false
    target.focus({ preventScroll: true })
    return true
  }

  function focus(target: Element | null | undefined): void {
    if (focusInPlace(target)) target.scrollIntoView({ block: 'nearest' })
  }

  function onKeydown(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return
    const row = focusedRow()
    const all = messages()
    const at = row === null ? -1 : all.indexOf(row)
    const inRow = row === null ? [] : [...row.querySelectorAll('button, a[href], .mention, .scrolls')]
    const controls = inRow.filter(
      (element) => !element.matches('.scrolls') || element.scrollWidth > element.clientWidth,
    )
    const control = controls.findIndex((element) => element === document.activeElement)
    switch (event.key) {
      case 'ArrowUp':
        focus(row === null ? all.at(-1) : all[Math.max(0, at - 1)])
        break
      case 'ArrowDown':
        focus(row === null ? (on.near() ?? all.at(-1)) : all[at + 1])
        break
      case 'ArrowLeft':
        if (row === null || canScroll(controls[control], -1)) return
        focus(control < 0 ? controls.at(-1) : controls[control - 1])
        break
      case 'ArrowRight':
        if (row === null || canScroll(controls[control], 1)) return
        focus(controls[control + 1])
        break
      case 'Home':
        log.scrollTop = 0
        focus(messages()[0])
        break
      case 'End':
        on.end()
        if (row !== null) focus(messages().at(-1))
        break
      case 'Enter': {
        if (control >= 0) return
        const target = row ?? on.near() ?? all.at(-1)
        if (target instanceof HTMLElement && !on.openActions(target)) focus(controls[0])
        break
      }
      case 'Escape':
        // With Shift it marks all rooms read, wherever the focus is.
        if (event.shiftKey) return
        if (control >= 0) focus(row)
        else on.leave()
        // Or the page would handle the same Escape, too.
        event.stopPropagation()
        break
      default:
        return
    }
    event.preventDefault()
  }

  log.addEventListener('keydown', onKeydown)

  return () => {
    const row = focusedRow()
    const before = messages()
    return (isStillLoaded: (row: Element) => boolean) => {
      if (row === null) return
      if (row.isConnected) {
        // A chip or a link that had the focus is gone, or was drawn anew.
        if (!row.contains(document.activeElement)) focusInPlace(row)
        return
      }
      const at = before.indexOf(row)
      const neighbours = [...before.slice(at + 1), ...before.slice(0, at).reverse()]
      const next = neighbours.find((message) => message.isConnected)
      if (isStillLoaded(row) || next === undefined) on.leave()
      else focus(next)
    }
  }
}
