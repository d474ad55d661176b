/** The keyboard in the list: one Tab stop, the arrows move between rows, Enter opens what can be done with one (A8, A10). */

export interface RowFocus {
  /** Before a drawing; what it gives is called after it and sees that the focus of a row that went is not lost. */
  keep(): (stillThere: (row: Element) => boolean) => void
}

export function rowFocus(
  log: HTMLElement,
  rows: HTMLElement,
  on: {
    end(): void
    top(): void
    /** the row being read */
    near(): Element | null
    leave(): void
    /** Opens what can be done with a row; false: nothing can. */
    act(row: HTMLElement): boolean
  },
): RowFocus {
  function focused(): Element | null {
    const active = document.activeElement
    return active !== null && rows.contains(active) ? active.closest('.message') : null
  }

  function move(to: Element | null | undefined): void {
    if (!(to instanceof HTMLElement)) return
    to.focus({ preventScroll: true })
    to.scrollIntoView({ block: 'nearest' })
  }

  function messages(): Element[] {
    return [...rows.querySelectorAll('.message')]
  }

  function pressed(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return
    const row = focused()
    const all = messages()
    const at = row === null ? -1 : all.indexOf(row)
    const inside = row === null ? [] : [...row.querySelectorAll('button, a[href]')]
    const button = inside.findIndex((part) => part === document.activeElement)
    switch (event.key) {
      case 'ArrowUp':
        move(row === null ? all.at(-1) : all[Math.max(0, at - 1)])
        break
      case 'ArrowDown':
        move(row === null ? (on.near() ?? all.at(-1)) : all[at + 1])
        break
      case 'ArrowLeft':
      case 'ArrowRight':
        if (row === null) return
        if (button < 0) move(inside[event.key === 'ArrowRight' ? 0 : inside.length - 1])
        else move(inside[button + (event.key === 'ArrowRight' ? 1 : -1)])
        break
      case 'Home':
        on.top()
        move(messages()[0])
        break
      case 'End':
        on.end()
        if (row !== null) move(messages().at(-1))
        break
      case 'Enter':
        if (button >= 0 || !(row instanceof HTMLElement)) return
        if (!on.act(row)) move(inside[0])
        break
      case 'Escape':
        if (button >= 0) move(row)
        else on.leave()
        // The page's own Escape comes after this one.
        event.stopPropagation()
        break
      default:
        return
    }
    event.preventDefault()
  }

  log.addEventListener('keydown', pressed)

  return {
    keep() {
      const row = focused()
      const before = row === null ? [] : messages()
      return (stillThere) => {
        if (row === null || row.isConnected) return
        const at = before.indexOf(row)
        const next = [...before.slice(at + 1), ...before.slice(0, at).reverse()].find(
          (message) => message.isConnected,
        )
        if (!stillThere(row) && next !== undefined) move(next)
        else on.leave()
      }
    },
  }
}
