import { roomPath } from '../../../shared/roomPath.ts'
import type { CountedRoom } from '../../state/unreadCounts.ts'
import { isMac } from '../../ui/isMac.ts'
import type { Context } from '../context.ts'

/** One part of the page that F6 leads to. */
export interface PagePart {
  element: HTMLElement
  focus(): void
}

export interface ShortcutEvents {
  help(): void
  /** Escape, while no dialog and no menu is open */
  escape(): void
  switchRoom(): void
  /** A letter is about to be typed where no field takes it. */
  write(): void
  markAllRead(): void
}

/**
 * Keys that work anywhere on the page: F6 and Shift+F6 go round its parts, ? lists the keys, Ctrl+K or ⌘K opens the switcher.
 * Alt with an arrow goes to the next room in the sidebar, with Shift to the next unread room (U84). Escape closes the drawer or
 * ends a reply or edit; with Shift it marks all rooms read (U75). Letters typed among the messages go to the composer (U292).
 */
export function shortcuts(
  { router }: Pick<Context, 'router'>,
  { room, rooms, parts }: { room: string; rooms(): readonly CountedRoom[]; parts: readonly PagePart[] },
  on: ShortcutEvents,
  signal: AbortSignal,
): void {
  function nextPart(step: 1 | -1): void {
    const open = parts.filter(
      ({ element }) =>
        element.closest('[inert]') === null && element.checkVisibility({ visibilityProperty: true }),
    )
    const current = open.findIndex(({ element }) => element.contains(document.activeElement))
    open.at((current < 0 && step < 0 ? -1 : current + step) % open.length)?.focus()
  }

  function nextRoom(step: 1 | -1, unreadOnly: boolean): void {
    const all = rooms()
    const current = all.findIndex((entry) => entry.room === room)
    for (let distance = 1; distance < all.length; distance += 1) {
      const next = all.at((current + step * distance) % all.length)
      if (next && (!unreadOnly || next.unread > 0)) return router.navigate(roomPath(next.room, next.name))
    }
  }

  /** @returns null if the key does nothing here */
  function shortcutOf(event: KeyboardEvent): (() => void) | null {
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event
    const isPlain = !ctrlKey && !metaKey && !altKey
    const isTyping = event.target instanceof Element && event.target.closest('input, textarea') !== null
    if (key === 'F6' && isPlain) return () => nextPart(shiftKey ? -1 : 1)
    // A dialog and an open menu have keys of their own.
    if (document.querySelector('dialog[open]') !== null) return null
    if (key === '?' && isPlain && !isTyping) return on.help
    if (event.isComposing || event.defaultPrevented) return null
    const isCommand = ctrlKey !== metaKey && !(ctrlKey && isMac())
    if (isCommand && !altKey && !shiftKey && key.toLowerCase() === 'k') return on.switchRoom
    // On a Mac these keys move the caret in a text.
    const isEditing = isMac() && isTyping && (event.target as HTMLInputElement).value !== ''
    if (altKey && !ctrlKey && !metaKey && !isEditing && /^Arrow(Up|Down)$/.test(key))
      return () => nextRoom(key === 'ArrowDown' ? 1 : -1, shiftKey)
    const isMenuOpen = document.querySelector('[popover]:popover-open') !== null
    if (key !== 'Escape' || isMenuOpen) return null
    if (shiftKey) return isPlain ? on.markAllRead : null
    return on.escape
  }

  /** A letter without a field to take it, while the focus is nowhere or among the messages. */
  function isStrayLetter({
    key,
    altKey,
    ctrlKey,
    metaKey,
    target,
    defaultPrevented,
  }: KeyboardEvent): boolean {
    const isLetter = /^\S$/u.test(key) && !altKey && !ctrlKey && !metaKey && !defaultPrevented
    if (!isLetter || !(target instanceof Element)) return false
    if (document.querySelector('dialog[open], [popover]:popover-open') !== null) return false
    return target === document.body || target.closest('main :not(textarea)') === target
  }

  document.addEventListener(
    'keydown',
    (event) => {
      const run = shortcutOf(event)
      if (run === null) {
        if (isStrayLetter(event)) on.write()
        return
      }
      if (event.key !== 'Escape' || event.shiftKey) event.preventDefault()
      // A menu that has the focus closes first: its opener has the focus again, where a dialog will return it.
      if (event.target instanceof Element) event.target.closest<HTMLElement>('[popover]')?.hidePopover()
      run()
    },
    { signal },
  )
}
