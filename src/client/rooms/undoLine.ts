import { button, h } from '../ui/dom.ts'
import { isolated } from '../ui/format.ts'
import type { Context } from '../app/context.ts'
import { roomAddress } from '../state/roomName.ts'
import type { State } from '../state/state.ts'
import { isUnread } from '../state/unreadCounts.ts'
import { words } from '../words/words.ts'

/** What can be undone now: the leave of a room, or that all rooms were marked read. */
function offerOf({ left, rooms }: State): State['left'] | 'markedRead' {
  if (left?.sent === false) return left
  return Object.values(rooms).some(({ markedRead }) => markedRead !== null) ? 'markedRead' : null
}

/** Marks all rooms read. After that, and after a leave, a line offers for ten seconds to undo it (U75, U192). */
export function undoLine(
  { store, actions, router }: Context,
  on: {
    say(message: string): void
    announce(message: string): void
    /** Called when the line disappears while its button has the focus (A10). */
    focusElsewhere(): void
  },
  signal: AbortSignal,
) {
  const text = h('span', { dir: 'auto' })
  const element = h(
    'div',
    { class: 'undo-line', hidden: true },
    text,
    button(words.common.undo, undo, { class: 'text-button' }),
  )

  function undo(): void {
    const offer = offerOf(store.get())
    if (offer === null) return
    // Opening the room cancels the leave.
    if (offer !== 'markedRead') return router.navigate(roomAddress(store.get(), offer.room))
    actions.undoMarkAllRead()
    on.say(words.rooms.markAllRead.undone)
  }

  store.watch(
    offerOf,
    (offer) => {
      if (offer === null && element.contains(document.activeElement)) on.focusElsewhere()
      element.hidden = offer === null
      if (offer === null) return
      const { left, leftAsOwner, markAllRead } = words.rooms
      if (offer === 'markedRead') text.textContent = markAllRead.marked
      else text.textContent = (offer.wasOwner ? leftAsOwner : left)(isolated(offer.name))
      on.announce(text.textContent)
    },
    signal,
  )

  return {
    element,
    markAllRead(): void {
      if (isUnread(store.get())) actions.markAllRead()
      else on.say(words.rooms.markAllRead.nothingUnread)
    },
  }
}
