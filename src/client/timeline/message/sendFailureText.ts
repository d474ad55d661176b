import type { FailureReason } from '../../state/state.ts'
import { words } from '../../words/words.ts'

/** What was not done, and why. `kind`: a message, or which change to one. */
export function sendFailureText(
  reason: FailureReason,
  kind: keyof typeof words.message.failed = 'message',
): string {
  const reasons: Partial<Record<string, string>> = words.errors.send
  const why = kind !== 'message' && reason === 'gone' ? words.errors.changeGone : reasons[reason]
  return `${words.message.failed[kind]} ${why ?? words.errors.send.other}`
}
