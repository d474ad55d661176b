import type { MenuEntry } from '../ui/menu.ts'
import { button, h } from '../ui/dom.ts'
import { isUnread } from '../state/unreadCounts.ts'
import type { Context } from '../app/context.ts'
import type { State } from '../state/state.ts'
import { words } from '../words/words.ts'

const canUndo = ({ rooms }: State) => Object.values(rooms).some((room) => room.markedRead !== null)

/** Marks all rooms read. For 10 s, or until the page is hidden, an offer in the sidebar and the menu entry undo it (U75). */
export function markAllRead(
  { store, actions }: Context,
  on: {
    say(message: string): void
    /** Called when the offer to undo disappears while it has the focus (A10). */
    focusElsewhere(): void
  },
  signal: AbortSignal,
) {
  const offer = h(
    'div',
    { class: 'side-note', hidden: true },
    words.rooms.markAllRead.marked,
    button(words.common.undo, undo, { class: 'text-button' }),
  )
  store.watch(
    canUndo,
    (isOffered) => {
      if (!isOffered && offer.contains(document.activeElement)) on.focusElsewhere()
      offer.hidden = !isOffered
    },
    signal,
  )

  function mark(): void {
    if (!isUnread(store.get())) return on.say(words.rooms.markAllRead.nothingUnread)
    actions.markAllRead()
    on.say(words.rooms.markAllRead.marked)
  }

  function undo(): void {
    if (!canUndo(store.get())) return
    actions.undoMarkAllRead()
    on.say(words.rooms.markAllRead.undone)
  }

  function menuEntry(): MenuEntry {
    const { undo: undoLabel, mark: markLabel } = words.rooms.markAllRead
    const [label, press] = canUndo(store.get()) ? [undoLabel, undo] : [markLabel, mark]
    return { icon: 'check', label, press }
  }

  return { offer, mark, menuEntry }
}
