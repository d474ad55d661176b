/** The part of `reduce` that home needs: who is signed in. The rest is loaded with the chat. */
import type { Self } from '../../shared/model.ts'
import type { StateChange } from './stateChanges.ts'
import { INITIAL_STATE, selfOf, type State } from './state.ts'

/** The state after one change. Changes to rooms say nothing to a page that has no chat yet. */
export function reduceSession(state: State, change: StateChange): State {
  switch (change.type) {
    case 'selfChanged':
      return withSelf(state, change.self)
    case 'roomCardLoaded':
      return { ...state, roomCard: { room: change.room, card: change.card } }
    case 'signedOut': {
      const { connection, offline, storageBlocked } = state
      const signedOutInOtherTab = change.inOtherTab ?? false
      return { ...INITIAL_STATE, self: null, signedOutInOtherTab, connection, offline, storageBlocked }
    }
    default:
      return state
  }
}

export function withSelf(state: State, self: Self | null): State {
  const before = selfOf(state)
  if (self === null || before === null) return state.self === self ? state : { ...state, self }
  // Another person in the same page sees nothing of the previous one.
  if (before.id !== self.id) {
    const { rooms, roomList, left, drafts } = INITIAL_STATE
    return { ...state, self, rooms, roomList, left, drafts }
  }
  return before.name === self.name && before.role === self.role ? state : { ...state, self }
}
