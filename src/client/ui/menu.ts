import { button, h } from './dom.ts'
import { openPopover } from './popover.ts'

/** Pressing an entry closes the menu first, so that the focus is back at the menu button when the entry opens a dialog. */
export interface MenuEntry {
  icon: SVGSVGElement
  label: string
  press(): void
}

/**
 * Opens a menu in a native popover beside its button, which has `popovertarget=menu`: with it the browser closes the open menu
 * when the button is pressed.
 * @param byKey the first entry gets the focus
 */
export function openMenu(
  { opener, label, byKey }: { opener: HTMLButtonElement; label: string; byKey: boolean },
  entries: readonly (MenuEntry | null)[],
  parent: AbortSignal,
): void {
  const panel = h('div', { id: 'menu', class: 'menu', popover: 'auto', role: 'group', 'aria-label': label })
  const popover = openPopover(panel, parent, opener.parentElement)
  popover.signal.addEventListener('abort', () => opener.setAttribute('aria-expanded', 'false'))
  panel.append(...entries.map((entry) => (entry === null ? h('hr') : entryButton(entry))))
  panel.addEventListener('keydown', moveFocus)
  opener.setAttribute('aria-expanded', 'true')
  if (byKey) panel.querySelector('button')?.focus()

  function moveFocus(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const buttons = [...panel.querySelectorAll('button')]
    const current = buttons.findIndex((entry) => entry === document.activeElement)
    buttons.at((current + step) % buttons.length)?.focus()
  }

  function entryButton(entry: MenuEntry): HTMLButtonElement {
    const choose = () => {
      popover.close()
      entry.press()
    }
    return button([entry.icon, entry.label], choose, { class: 'row-button' })
  }
}
