/** My changes to messages before the server confirms them. Pure; comes with `far.ts` (W1). */
import type { User } from '../../shared/model.ts'
import { changedBy, keyOf, standingOf } from './rows.ts'
import type { MyChange, OutboxEntry, RoomState, Row } from './state.ts'

/** The room with a change of mine that waits; one that does already stays `===`. */
export function withMine(room: RoomState, entry: MyChange['entry'], user: User): RoomState {
  const key = keyOf(entry.user, entry.nonce)
  if (room.changes.some((one) => one.key === key)) return room
  const draw = (row: Row) => drawn(row, entry, user)
  return { ...room, changes: [...room.changes, { key, entry, standing: standingOf(entry), seq: null, draw }] }
}

function drawn(row: Row, entry: OutboxEntry, user: User): Row {
  const { target = '', nonce, at } = entry
  const change = { seq: row.asOf + 1, id: '', at, user, nonce, target }
  // prettier-ignore
  switch (entry.kind) {
    case 'edit': return changedBy(row, { ...change, kind: 'edit', text: entry.text }, user.id)
    case 'delete': return changedBy(row, { ...change, kind: 'delete', by: 'author' }, user.id)
    case 'pin': return changedBy(row, { ...change, kind: 'pin', on: entry.on }, user.id)
    case 'react': {
      const { emoji, on } = entry
      const known = row.reactions.find((one) => one.emoji === emoji)
      const step = (known?.mine ?? false) === on ? 0 : on ? 1 : -1
      return changedBy(row, { ...change, kind: 'react', emoji, on, count: (known?.count ?? 0) + step }, user.id)
    }
    default: return row
  }
}
