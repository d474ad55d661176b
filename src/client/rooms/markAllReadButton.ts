import type { MenuEntry } from '../ui/menu.ts'
import { button, h } from '../ui/dom.ts'
import { isUnread } from '../state/unreadCounts.ts'
import type { Context } from '../app/context.ts'
import type { State } from '../state/state.ts'
import type { Sidebar } from './sidebar.ts'
import { words } from '../words/words.ts'

const canUndo = ({ rooms }: State) => Object.values(rooms).some((room) => room.markedRead !== null)

/**
 * Marks all rooms read, by Shift+Escape or from the menu; for 10 s the sidebar and the menu offer to undo it (U75).
 * @returns creates the menu's entry
 */
export function markAllReadButton(
  { store, actions }: Context,
  side: Pick<Sidebar, 'element'>,
  on: {
    say(message: string): void
    /** Called when the offer to undo disappears while it has the focus (A10). */
    focusElsewhere(): void
  },
  signal: AbortSignal,
): (menuSignal: AbortSignal) => MenuEntry {
  const offer = h(
    'div',
    { class: 'side-note', hidden: true },
    words.rooms.markAllRead.marked,
    button(words.common.undo, undo, { class: 'text-button' }),
  )
  side.element.lastElementChild?.before(offer)

  function mark(): void {
    if (!isUnread(store.get())) return on.say(words.rooms.markAllRead.nothingUnread)
    actions.markAllRead()
    on.say(words.rooms.markAllRead.marked)
  }

  function undo(): void {
    actions.undoMarkAllRead()
    on.say(words.rooms.markAllRead.undone)
  }

  store.watch(
    canUndo,
    (isOffered) => {
      if (!isOffered && offer.contains(document.activeElement)) on.focusElsewhere()
      offer.hidden = !isOffered
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

  return (menuSignal) => {
    const label = h('span')
    const { undo: undoLabel, mark: markLabel } = words.rooms.markAllRead
    store.watch(canUndo, (isOffered) => (label.textContent = isOffered ? undoLabel : markLabel), menuSignal)
    return { icon: 'check', label, press: () => (canUndo(store.get()) ? undo() : mark()) }
  }
}
