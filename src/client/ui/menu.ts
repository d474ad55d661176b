import { h, type Child } from './dom.ts'
import { iconOf, type IconName } from './icons.ts'

let made = 0

/** A button and the panel it opens: a native popover, so Escape and a press elsewhere close it. */
export function menu(label: string, ...content: Child[]): { button: HTMLButtonElement; panel: HTMLElement } {
  made += 1
  const id = `menu-${made}`
  const button = h('button', {
    type: 'button',
    class: 'button-icon',
    'aria-label': label,
    'aria-expanded': 'false',
    popovertarget: id,
    title: label,
  })
  button.append(iconOf('more'))
  const panel = h('div', {
    id,
    class: 'menu',
    popover: 'auto',
    role: 'group',
    'aria-label': label,
    onToggle: (event: Event & { newState?: string }) =>
      button.setAttribute('aria-expanded', String(event.newState === 'open')),
    onClick: (event: Event) => {
      if ((event.target as Element).closest('[data-closes]')) panel.hidePopover()
    },
  })
  panel.append(...content.filter((child) => child !== null && child !== undefined && child !== false))
  return { button, panel }
}

/** One entry: an icon and a word; pressing it closes the menu. */
export function entry(name: IconName, words: string, press: () => void): HTMLButtonElement {
  const button = h('button', { type: 'button', class: 'row-button', 'data-closes': true, onClick: press })
  button.append(iconOf(name), words)
  return button
}
