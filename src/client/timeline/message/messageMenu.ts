import { button, h } from '../../ui/dom.ts'
import { iconOf } from '../../ui/icons.ts'
import type { MenuEntry } from '../../ui/menu.ts'
import { openPopover, placePopover, type WindowPoint } from '../../ui/popover.ts'
import { words } from '../../words/words.ts'

export interface MessageMenuEntry extends MenuEntry {
  /** drawn in the colour of danger */
  danger?: boolean
}

/** The emoji offered at once. */
const QUICK = ['👍', '❤️', '😂', '🎉', '😮', '😢']

/**
 * Opens the menu of one message as a native popover, on a phone a sheet at the lower edge. The arrow keys move in it; when it
 * closes, the focus returns to where it was.
 * @param react null where reacting is not allowed
 */
export function openMessageMenu(
  label: string,
  actions: readonly MessageMenuEntry[],
  react: { emoji(emoji: string): void; more(): void; mine: readonly string[] } | null,
  at: WindowPoint,
  signal: AbortSignal,
): void {
  const before = document.activeElement
  // Not to the toolbar's button: the toolbar leaves with the pointer (A10).
  const returnTo = before?.closest('.message') ?? before

  function returnFocus(): void {
    const active = document.activeElement
    const isFree = active === before || active === document.body
    if (isFree && !signal.aborted && returnTo instanceof HTMLElement) returnTo.focus({ preventScroll: true })
  }

  const item = (content: Parameters<typeof button>[0], press: () => void, attributes: object) => {
    const choose = () => {
      popover.close()
      press()
    }
    return button(content, choose, { role: 'menuitem', tabindex: -1, ...attributes })
  }
  const quick: HTMLButtonElement[] = []
  if (react !== null) {
    const { reactWith, reactWithAnother } = words.message
    for (const emoji of QUICK) {
      const checked = { role: 'menuitemcheckbox', 'aria-checked': String(react.mine.includes(emoji)) }
      const name = { class: 'quick', 'aria-label': reactWith(emoji) }
      quick.push(item(emoji, () => react.emoji(emoji), { ...name, ...checked }))
    }
    quick.push(item(iconOf('plus'), react.more, { class: 'quick', 'aria-label': reactWithAnother }))
  }
  const entries = actions.map(({ icon, label: text, danger, press }) =>
    item([iconOf(icon), text], press, { class: `row-button${danger ? ' text-danger' : ''}` }),
  )
  const group = { role: 'group', 'aria-label': words.message.react }
  const quickRow = h(
    'div',
    { class: 'flex justify-between pb-2 mb-2 border-b border-line', ...group },
    ...quick,
  )
  const attributes = { class: 'menu row-menu', popover: 'auto', role: 'menu', 'aria-label': label }
  const panel = h('div', attributes, react !== null && quickRow, ...entries)
  const items = [...quick, ...entries]

  panel.addEventListener('keydown', (event) => {
    const index = items.findIndex((button) => button === document.activeElement)
    const isQuick = index < quick.length
    const next = {
      ArrowDown: isQuick ? quick.length : index + 1,
      ArrowUp: index > quick.length ? index - 1 : isQuick ? -1 : Math.max(0, index - quick.length),
      ArrowRight: isQuick ? index + 1 : index,
      ArrowLeft: isQuick ? index - 1 : index,
      Home: 0,
      End: -1,
      Tab: index + (event.shiftKey ? -1 : 1),
    }[event.key]
    if (next === undefined) return
    event.preventDefault()
    event.stopPropagation()
    items.at(next % items.length)?.focus()
  })
  const popover = openPopover(panel, signal)
  popover.signal.addEventListener('abort', returnFocus)
  placePopover(panel, at)
  items[0]?.focus()
}
