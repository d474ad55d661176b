import type { Draft } from '../../../hub/ports.ts'
import { assertNever } from '../../../shared/assert.ts'

/** What was said, as JSON: what the log keeps of it, and what a second draft of its nonce must be equal to. */
export function contentOf(draft: Draft): string {
  // prettier-ignore
  switch (draft.kind) {
    case 'message': return JSON.stringify({ text: draft.text, ...(draft.replyTo && { replyTo: draft.replyTo }) })
    case 'edit': case 'topic': return JSON.stringify({ text: draft.text })
    case 'delete': return '{}'
    case 'react': return JSON.stringify({ emoji: draft.emoji, on: draft.on })
    case 'pin': return JSON.stringify({ on: draft.on })
    default: return assertNever(draft)
  }
}

/** What tells a draft sent again from another one under the same nonce. */
export function digestOf(room: string, kind: string, target: string | null, data: string): Buffer {
  // not node:crypto: loading it takes a megabyte
  return Buffer.from(
    new Bun.CryptoHasher('sha256').update(JSON.stringify([room, kind, target, data])).digest(),
  )
}
