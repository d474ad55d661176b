import { h } from '../../ui/dom.ts'
import { iconButton, type IconName } from '../../ui/icons.ts'
import type { WindowPoint } from '../../ui/popover.ts'
import { words } from '../../words/words.ts'

/** ms that a finger rests on a row to open its menu */
const LONG_PRESS = 500
/** px that the finger may slip meanwhile */
const MAX_SLIP = 10

/**
 * Moves one toolbar to the row under the pointer or with the focus, since a toolbar in each row would cost elements. Also opens
 * the menu of a row at a right click and a long press (U26).
 * @returns a function that removes the toolbar from its row
 */
export function messageToolbar(
  rows: HTMLElement,
  on: {
    /** Has the row any action? */
    can(row: HTMLElement): boolean
    reply(row: HTMLElement): void
    menu(row: HTMLElement, at: WindowPoint): void
  },
  signal: AbortSignal,
): () => void {
  let row: HTMLElement | null = null

  const openBelow = (messageRow: HTMLElement, button: HTMLElement) => {
    const { right, left, bottom } = button.getBoundingClientRect()
    on.menu(messageRow, { x: document.dir === 'rtl' ? left : right, y: bottom + 4 })
  }
  const tool = (label: string, icon: IconName, press: (row: HTMLElement, button: HTMLElement) => void) => {
    const attributes = { class: 'tool', tabindex: -1 }
    const toolButton = iconButton(icon, label, () => row && press(row, toolButton), attributes)
    return toolButton
  }
  const style = 'absolute -inset-bs-5 end-0 z-1 flex rounded-middle border border-line bg-raised'
  const toolbar = h(
    'div',
    { class: style, role: 'toolbar', 'aria-label': words.message.toolbar },
    tool(words.message.react, 'smile', openBelow),
    tool(words.common.reply, 'reply', on.reply),
    tool(words.message.more, 'more', openBelow),
  )

  const rowOf = (target: EventTarget | null) => {
    const found = target instanceof Element ? target.closest<HTMLElement>('.message') : null
    return found !== null && on.can(found) ? found : null
  }

  /** Gives the focus to the row before the toolbar leaves it, or the focus would be lost (A10). */
  function remove(): void {
    if (toolbar.contains(document.activeElement)) row?.focus({ preventScroll: true })
    toolbar.remove()
    row = null
  }

  function show({ target }: Event): void {
    if (!(target instanceof Element) || target.closest('.message') === null) return
    const next = rowOf(target)
    if (next === row) return
    remove()
    row = next
    row?.append(toolbar)
  }

  function listen<K extends keyof HTMLElementEventMap>(
    type: K,
    listener: (event: HTMLElementEventMap[K]) => unknown,
    capture = false,
  ): void {
    rows.addEventListener(type, listener, { signal, capture })
  }

  listen('pointerover', (event) => event.pointerType === 'mouse' && show(event))
  listen('focusin', show)
  listen('pointerleave', () => row?.contains(document.activeElement) || remove())

  let timer: ReturnType<typeof setTimeout> | undefined
  let start = { x: 0, y: 0 }
  /** when (ms) a touch opened a menu; the click and the context menu of that touch are ignored */
  let openedAt = 0
  const isHandled = () => Date.now() - openedAt < LONG_PRESS * 2
  const cancel = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const open = (target: EventTarget | null, at: WindowPoint, isTouch: boolean) => {
    const found = rowOf(target)
    if (found === null) return
    on.menu(found, at)
    if (isTouch) openedAt = Date.now()
  }
  listen('pointerdown', ({ pointerType, target, clientX: x, clientY: y }) => {
    cancel()
    if (pointerType !== 'touch') return
    start = { x, y }
    timer = setTimeout(() => open(target, start, true), LONG_PRESS)
  })
  listen('pointermove', ({ clientX, clientY }) => {
    if (Math.hypot(clientX - start.x, clientY - start.y) > MAX_SLIP) cancel()
  })
  listen('pointerup', cancel)
  listen('pointercancel', cancel)
  const ignoreClick = (event: Event) => {
    if (!isHandled()) return
    event.preventDefault()
    event.stopPropagation()
  }
  listen('click', ignoreClick, true)
  listen('contextmenu', (event) => {
    const isTouch = isHandled() || timer !== undefined
    const isOnLink = (event.target as Element).closest('a[href]') !== null
    const hasSelection = !document.getSelection()?.isCollapsed
    // These get the browser's own menu.
    if (!isTouch && (event.shiftKey || isOnLink || hasSelection)) return
    event.preventDefault()
    cancel()
    // Shifted so that the pointer is over the menu, not beside its round corner: releasing the button there would close it.
    const inward = document.dir === 'rtl' ? 8 : -8
    if (!isHandled()) open(event.target, { x: event.clientX + inward, y: event.clientY - 8 }, isTouch)
  })
  signal.addEventListener('abort', cancel, { once: true })
  return remove
}
