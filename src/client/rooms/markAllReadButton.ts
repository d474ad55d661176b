import { entry } from '../ui/menu.ts'
import { h } from '../ui/dom.ts'
import { isUnread } from '../state/unreadCounts.ts'
import type { Context } from '../app/context.ts'
import type { State } from '../state/state.ts'
import type { Sidebar } from './sidebar.ts'
import { words } from '../words/words.ts'

/**
 * Marks all rooms read, by Shift+Escape or from the menu; for a while the sidebar and the menu offer to undo it (U75).
 * @returns makes the menu's entry, which changes until its signal aborts
 */
export function markAllReadButton(
  { store, actions }: Context,
  side: Pick<Sidebar, 'element'>,
  on: {
    say(message: string): void
    /** The offer to undo goes while it has the focus (A10). */
    focusElsewhere(): void
  },
  signal: AbortSignal,
): (menuSignal: AbortSignal) => HTMLElement {
  const line = h(
    'div',
    { class: 'side-note', hidden: true },
    words.rooms.markAllRead.marked,
    h('button', { type: 'button', class: 'text-button', onClick: undo }, words.common.undo),
  )
  side.element.lastElementChild?.before(line)

  function mark(): void {
    if (!isUnread(store.get())) return on.say(words.rooms.markAllRead.nothingUnread)
    actions.markAllRead()
    on.say(words.rooms.markAllRead.marked)
  }

  function undo(): void {
    actions.undoMarkAllRead()
    on.say(words.rooms.markAllRead.undone)
  }

  function menuEntry(menuSignal: AbortSignal): HTMLElement {
    const label = h('span', {})
    store.watch(
      canUndo,
      (can) => {
        label.textContent = can ? words.rooms.markAllRead.undo : words.rooms.markAllRead.mark
      },
      menuSignal,
    )
    return entry('check', label, () => (canUndo(store.get()) ? undo() : mark()))
  }

  store.watch(
    canUndo,
    (can) => {
      if (!can && line.contains(document.activeElement)) on.focusElsewhere()
      line.hidden = !can
    },
    signal,
  )
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || !event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return
      if (event.isComposing || event.defaultPrevented) return
      if (document.querySelector('dialog[open], [popover]:popover-open')) return
      event.preventDefault()
      mark()
    },
    { signal },
  )
  return menuEntry
}

function canUndo({ rooms }: State): boolean {
  return Object.values(rooms).some((room) => room.markedRead !== null)
}
