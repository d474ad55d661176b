import type { Draft } from '../../../hub/ports.ts'
import { assertNever } from '../../../shared/assert.ts'
import type { RoomEvent } from '../../../shared/model.ts'

/** The event that a draft became. @param count for a reaction: how many people show it */
export function eventFromDraft(draft: Draft, seq: number, count = 0): RoomEvent {
  const { id, at, user } = draft
  const keys = { seq, id, at, user: { id: user.id, name: user.name } }
  if (draft.kind === 'topic') return { kind: draft.kind, ...keys, text: draft.text }
  const { kind, nonce } = draft
  // prettier-ignore
  switch (kind) {
    case 'message': {
      const { text, replyTo } = draft
      return { kind, ...keys, nonce, text, ...(replyTo !== undefined && { replyTo }) }
    }
    case 'edit': return { kind, ...keys, nonce, target: draft.target, text: draft.text }
    case 'delete': return { kind, ...keys, nonce, target: draft.target, by: 'author' }
    case 'react': return { kind, ...keys, nonce, target: draft.target, emoji: draft.emoji, on: draft.on, count }
    case 'pin': return { kind, ...keys, nonce, target: draft.target, on: draft.on }
    default: return assertNever(kind)
  }
}
