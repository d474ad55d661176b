import { button, h } from '../../ui/dom.ts'
import { iconButton, type IconName } from '../../ui/icons.ts'
import type { WindowPoint } from '../../ui/popover.ts'
import { hasSystemMenu } from './longPress.ts'
import type { MenuOpening } from '../menu/messageMenu.ts'
import { words } from '../../words/words.ts'

/** The emoji that a message's menu offers, and its toolbar the first three; the picker has all. */
export const QUICK = ['👍', '❤️', '😂', '🎉', '😮', '😢']

/**
 * Moves one toolbar to the row under the pointer or with the focus, since a toolbar in each row would cost elements. Also opens
 * the menu of a row at a right click (U26).
 */
export function messageToolbar(
  rows: HTMLElement,
  on: {
    /** Has the row any action? */
    can(row: HTMLElement): boolean
    reply(row: HTMLElement): void
    react(row: HTMLElement, emoji: string): void
    /** Opens the emoji picker. */
    pick(row: HTMLElement, at: WindowPoint): void
    menu(row: HTMLElement, opening: MenuOpening): void
  },
  signal: AbortSignal,
) {
  let row: HTMLElement | null = null
  /** the row under the mouse, which may have no actions yet: a message of mine that is not stored */
  let hovered: Element | null = null

  function tool(content: IconName, label: string, press: (row: HTMLElement, at: MenuOpening) => void) {
    const attributes = { class: 'tool', tabindex: -1 }
    const toolButton = iconButton(content, label, (event) => row && press(row, openingAt(event)), attributes)
    const openingAt = (event: Event): MenuOpening => {
      const { right, left, bottom } = toolButton.getBoundingClientRect()
      const at = { x: document.dir === 'rtl' ? left : right, y: bottom + 4 }
      // A key makes a click without a press.
      return { at, by: event instanceof UIEvent && event.detail === 0 ? 'keys' : 'mouse' }
    }
    return toolButton
  }
  const quick = QUICK.slice(0, 3).map((emoji) => {
    const label = words.message.reactWith(emoji)
    const attributes = { class: 'tool', tabindex: -1, 'aria-label': label, title: label }
    return button(emoji, () => row && on.react(row, emoji), attributes)
  })
  const toolbar = h(
    'div',
    { class: 'toolbar', role: 'toolbar', 'aria-label': words.message.toolbar },
    ...quick,
    tool('smile', words.message.reactWithAnother, (target, { at }) => on.pick(target, at)),
    tool('reply', words.common.reply, on.reply),
    tool('more', words.message.more, on.menu),
  )

  /** Gives the focus to the row before the toolbar leaves it, or the focus would be lost (A10). */
  function remove(): void {
    if (toolbar.contains(document.activeElement)) row?.focus({ preventScroll: true })
    toolbar.remove()
    row = null
  }

  function show(next: Element | null): void {
    const target = next instanceof HTMLElement && on.can(next) ? next : null
    if (target === row && toolbar.parentElement === row) return
    remove()
    row = target
    row?.append(toolbar)
  }

  const rowOf = (target: EventTarget | null) =>
    target instanceof Element ? target.closest('.message') : null
  const listen = <K extends keyof HTMLElementEventMap>(
    type: K,
    listener: (event: HTMLElementEventMap[K]) => unknown,
  ) => rows.addEventListener(type, listener, { signal })

  listen('pointerover', ({ pointerType, target }) => {
    if (pointerType !== 'mouse') return
    hovered = rowOf(target)
    if (hovered !== null) show(hovered)
  })
  listen('pointerleave', () => {
    hovered = null
    if (!row?.contains(document.activeElement)) remove()
  })
  listen('focusin', ({ target }) => show(rowOf(target)))
  listen('focusout', ({ relatedTarget }) => {
    if (hovered === null && rowOf(relatedTarget) === null) remove()
  })
  listen('contextmenu', (event) => {
    const target = rowOf(event.target)
    if (event.shiftKey || !(target instanceof HTMLElement) || hasSystemMenu(event.target as Element)) return
    if (!on.can(target)) return
    event.preventDefault()
    // Shifted so that the pointer is over the menu, not beside its round corner: releasing the button there would close it.
    const inward = document.dir === 'rtl' ? 8 : -8
    on.menu(target, { at: { x: event.clientX + inward, y: event.clientY - 8 }, by: 'mouse' })
  })

  return {
    /** Removes the toolbar from its row. */
    remove,
    /** The rows were drawn again. */
    drawn(): void {
      if (hovered?.isConnected && row !== hovered) show(hovered)
    },
  }
}
