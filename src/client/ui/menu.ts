import { button, h } from './dom.ts'
import { iconButton, iconOf, type IconName } from './icons.ts'
import { openPopover, type Popup } from './popover.ts'

/** Pressing an entry closes the menu first, so that the focus is back at the menu button when the entry opens a dialog. */
export interface MenuEntry {
  icon: IconName
  label: string
  press(): void
}

/**
 * A button that opens a menu in a native popover beside it.
 * @param entries called each time the menu opens; null is a separator
 */
export function menuButton(
  label: string,
  entries: () => readonly (MenuEntry | null)[],
  parent: AbortSignal,
): HTMLButtonElement {
  const id = 'menu'
  let popover: Popup | null = null
  // With `popovertarget` the browser closes the open menu when its button is pressed.
  const opener = iconButton('more', label, press, { 'aria-expanded': 'false', popovertarget: id })

  function press(event: Event): void {
    if (popover !== null) return
    // Otherwise the browser would at once close the menu that opens here.
    event.preventDefault()
    const panel = h('div', { id, class: 'menu', popover: 'auto', role: 'group', 'aria-label': label })
    popover = openPopover(panel, parent, opener.parentElement)
    popover.signal.addEventListener('abort', () => {
      popover = null
      opener.setAttribute('aria-expanded', 'false')
    })
    panel.append(...entries().map((entry) => (entry === null ? h('hr') : entryButton(entry))))
    panel.addEventListener('keydown', moveFocus)
    opener.setAttribute('aria-expanded', 'true')
    // Opened by a key, not by a pointer.
    if ((event as MouseEvent).detail === 0) panel.querySelector('button')?.focus()
  }

  function moveFocus(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const buttons = [...(event.currentTarget as Element).querySelectorAll('button')]
    const current = buttons.findIndex((entry) => entry === document.activeElement)
    buttons.at((current + step) % buttons.length)?.focus()
  }

  function entryButton(entry: MenuEntry): HTMLButtonElement {
    const choose = () => {
      popover?.close()
      entry.press()
    }
    return button([iconOf(entry.icon), entry.label], choose, { class: 'row-button' })
  }

  return opener
}
