/** Leaves rooms. For ten seconds the server is not told, so that a leave can be undone without losing a role. */
import type { Timers } from '../../net/timers.ts'
import type { StateStore } from '../../state/store.ts'
import type { ChatSync } from '../sync/sync.ts'

/** How long (ms) a leave can be undone, unless another room is left or the page is closed meanwhile. */
const UNDO = 10_000

export function createLeaveActions(
  store: StateStore,
  sync: Pick<ChatSync, 'open' | 'holdLeave' | 'leave'>,
  after: Timers['after'],
) {
  /** the leave that the server does not know */
  let held: { room: string; cancel(): void } | null = null

  function tellLeave(): void {
    if (held === null) return
    const { room, cancel } = held
    held = null
    cancel()
    store.dispatch({ type: 'leaveSent', room })
    sync.leave(room)
  }

  return {
    openRoom(room: string): void {
      if (held?.room === room) {
        held.cancel()
        held = null
      }
      sync.open(room)
    },
    leaveRoom(room: string): void {
      tellLeave()
      sync.holdLeave(room)
      store.dispatch({ type: 'roomLeft', room })
      held = { room, cancel: after(UNDO, tellLeave) }
    },
    /** Tells the server at once of a leave that could still be undone. */
    tellLeave,
  }
}
