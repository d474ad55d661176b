/** My changes to messages before the server confirms them. Pure. */
import type { Mention, User } from '../../shared/model.ts'
import { applyChange, initialSendStatus, keyOf } from './rows.ts'
import type { PendingChange, RoomState, Row } from './state.ts'

/** Adds an unconfirmed change of mine, unless it is there already. */
export function addPendingChange(room: RoomState, entry: PendingChange['entry'], user: User): RoomState {
  const key = keyOf(entry.user, entry.nonce)
  if (room.pendingChanges.some((change) => change.key === key)) return room
  const change: PendingChange = { key, entry, user, sendStatus: initialSendStatus(entry), seq: null }
  return { ...room, pendingChanges: [...room.pendingChanges, change] }
}

/** The mentions that stand at the same place in another text. The server has yet to say which it has. */
function mentionsThatStay({ text, mentions }: Row, next: string): Mention[] {
  return mentions.filter(({ at, length }) => next.slice(at, at + length) === text?.slice(at, at + length))
}

/** A row as if a change of mine had happened already. A failed change is not applied. */
export function applyPendingChange(row: Row, { entry, user, sendStatus }: PendingChange): Row {
  if (sendStatus.status === 'failed') return row
  const { target, nonce, at } = entry
  const change = { seq: row.trueAt + 1, id: '', at, user, nonce, target }
  // prettier-ignore
  switch (entry.kind) {
    case 'edit': return applyChange(row, { ...change, kind: 'edit', text: entry.text, mentions: mentionsThatStay(row, entry.text) }, user.id)
    case 'delete': return applyChange(row, { ...change, kind: 'delete', by: 'author' }, user.id)
    case 'pin': return applyChange(row, { ...change, kind: 'pin', on: entry.on }, user.id)
    case 'react': {
      const { emoji, on } = entry
      const known = row.reactions.find((reaction) => reaction.emoji === emoji)
      const step = (known?.mine ?? false) === on ? 0 : on ? 1 : -1
      const count = (known?.count ?? 0) + step
      return applyChange(row, { ...change, kind: 'react', emoji, on, count }, user.id)
    }
    default: return row
  }
}
