/** My changes to messages before the server confirms them. Pure; comes with `far.ts` (W1). */
import type { User } from '../../shared/model.ts'
import { applyChange, keyOf, initialSendStatus } from './rows.ts'
import type { PendingChange, OutboxEntry, RoomState, Row } from './state.ts'

/** The room with a change of mine that waits; one that does already stays `===`. */
export function addPendingChange(room: RoomState, entry: PendingChange['entry'], user: User): RoomState {
  const key = keyOf(entry.user, entry.nonce)
  if (room.pendingChanges.some((one) => one.key === key)) return room
  const draw = (row: Row) => drawn(row, entry, user)
  return {
    ...room,
    pendingChanges: [
      ...room.pendingChanges,
      { key, entry, sendStatus: initialSendStatus(entry), seq: null, draw },
    ],
  }
}

function drawn(row: Row, entry: OutboxEntry, user: User): Row {
  const { target = '', nonce, at } = entry
  const change = { seq: row.trueAt + 1, id: '', at, user, nonce, target }
  // prettier-ignore
  switch (entry.kind) {
    case 'edit': return applyChange(row, { ...change, kind: 'edit', text: entry.text }, user.id)
    case 'delete': return applyChange(row, { ...change, kind: 'delete', by: 'author' }, user.id)
    case 'pin': return applyChange(row, { ...change, kind: 'pin', on: entry.on }, user.id)
    case 'react': {
      const { emoji, on } = entry
      const known = row.reactions.find((one) => one.emoji === emoji)
      const step = (known?.mine ?? false) === on ? 0 : on ? 1 : -1
      return applyChange(row, { ...change, kind: 'react', emoji, on, count: (known?.count ?? 0) + step }, user.id)
    }
    default: return row
  }
}
