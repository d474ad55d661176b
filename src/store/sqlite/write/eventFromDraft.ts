import type { Draft } from '../../../hub/ports.ts'
import { assertNever } from '../../../shared/assert.ts'
import type { RoomEvent } from '../../../shared/model.ts'

/** The event a draft became under a number. @param count of a reaction, how many show it */
export function eventFromDraft(draft: Draft, seq: number, count = 0): RoomEvent {
  const { id, at } = draft
  const user = { id: draft.user.id, name: draft.user.name }
  if (draft.kind === 'topic') return { kind: draft.kind, seq, id, at, user, text: draft.text }
  const { nonce } = draft
  if (draft.kind === 'message') {
    const { kind, text, replyTo } = draft
    // Without a spread: it is what nearly all of them are.
    const event = { kind, seq, id, at, user, nonce, text }
    return replyTo === undefined ? event : { ...event, replyTo }
  }
  const entry = { seq, id, at, user, nonce }
  switch (draft.kind) {
    case 'edit': {
      const { kind, target, text } = draft
      return { kind, ...entry, target, text }
    }
    case 'delete': {
      const { kind, target } = draft
      return { kind, ...entry, target, by: 'author' }
    }
    case 'react': {
      const { kind, target, emoji, on } = draft
      return { kind, ...entry, target, emoji, on, count }
    }
    case 'pin': {
      const { kind, target, on } = draft
      return { kind, ...entry, target, on }
    }
    default:
      return assertNever(draft)
  }
}
