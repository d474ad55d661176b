import { h, type Child } from './dom.ts'
import { iconOf, type IconName } from './icons.ts'
import { openPopover, type Popover } from './popover.ts'

let made = 0

/**
 * A button that opens a menu, a native popover beside it: Escape, a press elsewhere or on the button, and choosing an entry
 * close it.
 * @param content called each time the menu opens, with a signal that aborts when it closes
 */
export function menuButton(
  label: string,
  content: (signal: AbortSignal) => readonly Child[],
  parent: AbortSignal,
): HTMLButtonElement {
  made += 1
  const id = `menu-${made}`
  let popover: Popover | null = null
  const button = h('button', {
    type: 'button',
    class: 'button-icon',
    'aria-label': label,
    'aria-expanded': 'false',
    // While the menu is open the browser finds it by this, and a press on the button closes it.
    popovertarget: id,
    title: label,
    onClick: (event: Event) => {
      if (popover !== null) return
      // Or the browser would close at once what opens here.
      event.preventDefault()
      open()
    },
  })
  button.append(iconOf('more'))

  function open(): void {
    const panel = h('div', { id, class: 'menu', popover: 'auto', role: 'group', 'aria-label': label })
    // Before the entry itself is told: the focus is back at the button when what it opens takes it.
    panel.addEventListener(
      'click',
      ({ target }) => {
        if (target instanceof Element && target.closest('[data-closes]')) popover?.close()
      },
      { capture: true },
    )
    popover = openPopover(panel, parent, {
      into: button.parentElement,
      closed() {
        popover = null
        button.setAttribute('aria-expanded', 'false')
      },
    })
    panel.append(
      ...content(popover.signal).filter((child) => child !== null && child !== undefined && child !== false),
    )
    button.setAttribute('aria-expanded', 'true')
  }

  return button
}

/** One entry of a menu: an icon and a label. Pressing it closes the menu. */
export function entry(icon: IconName, label: string | Node, press: () => void): HTMLButtonElement {
  const button = h('button', { type: 'button', class: 'row-button', 'data-closes': true, onClick: press })
  button.append(iconOf(icon), label)
  return button
}
