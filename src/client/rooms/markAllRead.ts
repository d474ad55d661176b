import type { MenuEntry } from '../ui/menu.ts'
import { isUnread } from '../state/unreadCounts.ts'
import type { Context } from '../app/context.ts'
import type { State } from '../state/state.ts'
import { words } from '../words/words.ts'

export const canUndoMarkRead = ({ rooms }: State) =>
  Object.values(rooms).some((room) => room.markedRead !== null)

/** Marks all rooms read. For 10 s, or until the page is hidden, the menu entry undoes it (U75). */
export function markAllRead({ store, actions }: Context, say: (message: string) => void) {
  function mark(): void {
    if (isUnread(store.get())) actions.markAllRead()
    else say(words.rooms.markAllRead.nothingUnread)
  }

  function undo(): void {
    if (!canUndoMarkRead(store.get())) return
    actions.undoMarkAllRead()
    say(words.rooms.markAllRead.undone)
  }

  function menuEntry(): MenuEntry {
    const { undo: undoLabel, mark: markLabel } = words.rooms.markAllRead
    const [label, press] = canUndoMarkRead(store.get()) ? [undoLabel, undo] : [markLabel, mark]
    return { icon: 'check', label, press }
  }

  return { mark, undo, menuEntry }
}
