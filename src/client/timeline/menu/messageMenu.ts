import { button, h } from '../../ui/dom.ts'
import { iconOf } from '../../ui/icons.ts'
import type { MenuEntry } from '../../ui/menu.ts'
import { openPopover, placePopover, type Popup, type WindowPoint } from '../../ui/popover.ts'
import { words } from '../../words/words.ts'

export interface MessageMenuEntry extends MenuEntry {
  /** drawn in the colour of danger */
  danger?: boolean
}

/** Where a menu opens, and what opened it. */
export interface MenuOpening {
  at: WindowPoint
  by: 'keys' | 'mouse' | 'touch'
}

/** `quick`: the emoji that the menu itself offers; `more` opens the picker, which has all. */
export interface MenuReactions {
  quick: readonly string[]
  mine: readonly string[]
  toggle(emoji: string): void
  more(): void
}

/**
 * Opens the menu of one message as a native popover, on a phone a sheet at the lower edge. The arrow keys move in it; when it
 * closes, the focus returns to where it was.
 * @param react null where reacting is not allowed
 */
export function openMessageMenu(
  label: string,
  actions: readonly MessageMenuEntry[],
  react: MenuReactions | null,
  { at, by }: MenuOpening,
  signal: AbortSignal,
): Popup {
  const before = document.activeElement
  // The row, not the toolbar's button that had the focus: the toolbar leaves with the pointer (A10).
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
    for (const emoji of react.quick) {
      const checked = { role: 'menuitemcheckbox', 'aria-checked': String(react.mine.includes(emoji)) }
      const name = { class: 'quick', 'aria-label': reactWith(emoji) }
      quick.push(item(emoji, () => react.toggle(emoji), { ...name, ...checked }))
    }
    quick.push(item(iconOf('plus'), react.more, { class: 'quick', 'aria-label': reactWithAnother }))
  }
  const entries = actions.map(({ icon, label: text, danger, press }) =>
    item([icon, text], press, { class: `row-button${danger ? ' text-danger' : ''}` }),
  )
  const group = { role: 'group', 'aria-label': words.message.react }
  const quickRow = h(
    'div',
    { class: 'flex justify-between pb-2 mb-2 border-b border-line', ...group },
    ...quick,
  )
  const attributes = { class: 'menu row-menu', popover: by === 'touch' ? 'manual' : 'auto', role: 'menu' }
  const panel = h(
    'div',
    { ...attributes, 'aria-label': label, tabindex: -1 },
    react !== null && quickRow,
    ...entries,
  )
  const items = [...quick, ...entries]

  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') return popover.close()
    const index = items.findIndex((button) => button === document.activeElement)
    const isQuick = index < quick.length
    const next = {
      ArrowDown: isQuick ? quick.length : index + 1,
      ArrowUp: index > quick.length ? index - 1 : isQuick ? -1 : Math.max(0, index - quick.length),
      // They go round in the row of emoji: one step too far must not lead to "Delete".
      ArrowRight: isQuick ? (index + 1) % quick.length : index,
      ArrowLeft: isQuick ? (Math.max(index, 0) + quick.length - 1) % quick.length : index,
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
  if (by === 'touch') closeOnPressOutside(panel, popover)
  // An entry that has the focus shows a ring, which only people with a keyboard need.
  const first = by === 'keys' ? items[0] : panel
  first?.focus()
  return popover
}

/** The browser would close an `auto` popover when the finger lifts that opened it: the press began outside. */
function closeOnPressOutside(panel: HTMLElement, { signal, close }: Popup): void {
  const onPress = ({ target }: Event) => panel.contains(target as Node) || close()
  document.addEventListener('pointerdown', onPress, { signal, capture: true })
}
