import { h } from '../../ui/dom.ts'
import { iconOf, type IconName } from '../../ui/icons.ts'
import { openPopover, placePopover, type WindowPoint } from '../../ui/popover.ts'
import { words } from '../../words/words.ts'

/** One thing that can be done with a message. */
export interface MessageMenuEntry {
  icon: IconName
  label: string
  /** it takes something away */
  danger?: boolean
  press(): void
}

/** The emoji offered at once. */
const QUICK = ['👍', '❤️', '😂', '🎉', '😮', '😢']

/**
 * Opens the menu of one message: a native popover, on a phone a sheet at the lower edge. Arrow keys move in it, Escape or a
 * press elsewhere closes it, and the focus goes back to where it was.
 * @param react absent where nobody may
 */
export function openMessageMenu(
  label: string,
  actions: readonly MessageMenuEntry[],
  react: { emoji(emoji: string): void; more(): void; mine: readonly string[] } | null,
  at: WindowPoint,
  signal: AbortSignal,
): void {
  const before = document.activeElement
  // Not to the button that opened it: that goes with the bar as soon as the pointer leaves the row (A10).
  const returnTo = before?.closest('.message') ?? before
  function back(): void {
    const active = document.activeElement
    if (
      (active === before || active === document.body || panel.contains(active)) &&
      returnTo instanceof HTMLElement
    )
      returnTo.focus({ preventScroll: true })
  }
  const choose = (press: () => void) => () => {
    popover.close()
    press()
  }
  const quick = QUICK.map((emoji) => {
    const mine = react?.mine.includes(emoji) ?? false
    return h(
      'button',
      {
        type: 'button',
        role: 'menuitemcheckbox',
        'aria-checked': String(mine),
        'aria-label': words.message.reactWith(emoji),
        class: 'quick',
        tabindex: -1,
        onClick: choose(() => react?.emoji(emoji)),
      },
      emoji,
    )
  })
  const more = h('button', {
    type: 'button',
    role: 'menuitem',
    'aria-label': words.message.reactWithAnother,
    class: 'quick',
    tabindex: -1,
    onClick: choose(() => react?.more()),
  })
  more.append(iconOf('plus'))
  quick.push(more)
  const entries = actions.map(({ icon, label, danger = false, press }) => {
    const button = h('button', {
      type: 'button',
      role: 'menuitem',
      class: danger ? 'row-button text-danger' : 'row-button',
      tabindex: -1,
      onClick: choose(press),
    })
    button.append(iconOf(icon), label)
    return button
  })
  const panel = h('div', { class: 'menu row-menu', popover: 'auto', role: 'menu', 'aria-label': label })
  if (react !== null)
    panel.append(h('div', { class: 'quick-row', role: 'group', 'aria-label': words.message.react }, ...quick))
  panel.append(...entries)
  const stops = [...(react === null ? [] : quick), ...entries]

  panel.addEventListener('keydown', (event) => {
    const on = stops.findIndex((stop) => stop === document.activeElement)
    const rows = react === null ? 0 : quick.length
    // prettier-ignore
    const to = { ArrowDown: on < rows ? rows : on + 1, ArrowUp: on > rows ? on - 1 : on < rows ? stops.length - 1 : Math.max(0, on - rows), ArrowRight: on < rows ? on + 1 : on, ArrowLeft: on < rows ? on - 1 : on, Home: 0, End: stops.length - 1, Tab: on + (event.shiftKey ? -1 : 1) }[event.key]
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    stops[(to + stops.length) % stops.length]?.focus()
  })
  const popover = openPopover(panel, signal, { closed: back })
  placePopover(panel, at)
  stops[0]?.focus()
}
