import type { ErrorCode } from '../../shared/errors.ts'
import { words } from '../words/words.ts'

export type Failure = ErrorCode | 'late' | 'refused'

/** What was not done, and why. `kind`: a message, or which change to one. */
export function reasonText(reason: Failure, kind: keyof typeof words.message.failed = 'message'): string {
  const { failed } = words.message
  const reasons: Partial<Record<string, string>> = words.errors.send
  const why = kind !== 'message' && reason === 'gone' ? words.errors.changeGone : reasons[reason]
  return `${failed[kind]} ${why ?? words.errors.send.other}`
}
