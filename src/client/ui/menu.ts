import { button, h } from './dom.ts'
import { iconButton, iconOf, type IconName } from './icons.ts'
import { openPopover, type Popover } from './popover.ts'

/**
 * A button that opens a menu in a native popover beside it.
 * @param content called each time the menu opens, with a signal that aborts when it closes
 */
export function menuButton(
  label: string,
  content: (signal: AbortSignal) => readonly Node[],
  parent: AbortSignal,
): HTMLButtonElement {
  const id = 'menu'
  let popover: Popover | null = null
  // With `popovertarget` the browser closes the open menu when its button is pressed.
  const opener = iconButton('more', label, press, { 'aria-expanded': 'false', popovertarget: id })

  function press(event: Event): void {
    if (popover !== null) return
    // Otherwise the browser would at once close the menu that opens here.
    event.preventDefault()
    open()
  }

  function open(): void {
    const panel = h('div', { id, class: 'menu', popover: 'auto', role: 'group', 'aria-label': label })
    // Closes before the entry's own listener runs: the focus must be back at the button when the entry opens a dialog.
    panel.addEventListener(
      'click',
      ({ target }) => {
        if (target instanceof Element && target.closest('[data-closes]')) popover?.close()
      },
      { capture: true },
    )
    popover = openPopover(panel, parent, {
      into: opener.parentElement,
      closed() {
        popover = null
        opener.setAttribute('aria-expanded', 'false')
      },
    })
    panel.append(...content(popover.signal))
    opener.setAttribute('aria-expanded', 'true')
  }

  return opener
}

/** One entry of a menu. Pressing it closes the menu. */
export function entry(icon: IconName, label: string | Node, press: () => void): HTMLButtonElement {
  const element = button(iconOf(icon), press, { class: 'row-button', 'data-closes': true })
  element.append(label)
  return element
}
