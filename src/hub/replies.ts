/** What the one who asked is told: acks and errors, of fixed words. */
import { assertNever } from '../shared/assert.ts'
import { ChatError, ERRORS, type ErrorCode } from '../shared/errors.ts'
import type { Heard } from '../shared/protocol.ts'
import type { Draft, Log, Outcome } from './ports.ts'

/** Which frame is answered, as far as it could be read. */
export interface Asked {
  nonce?: string
  ref?: string
}

/**
 * The `error` frame of anything thrown, ≤ 200 bytes as JSON. Its message is that of the code, whatever was thrown: never
 * the input. What is no `ChatError` is a bug, `internal`; logging it is the caller's.
 */
export function errorFrame(error: unknown, asked: Asked = {}): Heard<'error'> {
  if (!(error instanceof ChatError)) return refusal('internal', asked)
  const { after } = error.details
  return { ...refusal(error.code, asked), ...(after !== undefined && { after }) }
}

/** What the sender of a draft hears once its batch is through. */
export function answerTo(draft: Draft & { nonce: string }, outcome: Outcome): Heard<'ack'> | Heard<'error'> {
  const { nonce, room } = draft
  switch (outcome.result) {
    case 'stored': {
      const { seq, id, at } = outcome.event
      return { type: 'ack', nonce, room, seq, id, at }
    }
    case 'duplicate': {
      const { seq, id, at } = outcome
      return { type: 'ack', nonce, room, seq, id, at, duplicate: true }
    }
    case 'refused':
      return refusal(outcome.code, { nonce })
    case 'failed':
      return refusal('unavailable', { nonce })
    default:
      return assertNever(outcome)
  }
}

/** Waits for a write. @throws ChatError `unavailable` if the disk refused it; why goes to the log */
export async function written<T>(write: Promise<T>, log: Log): Promise<T> {
  try {
    return await write
  } catch (error) {
    log.error('write', error)
    throw new ChatError('unavailable')
  }
}

function refusal(code: ErrorCode, { nonce, ref }: Asked): Heard<'error'> {
  const { message, retry } = ERRORS[code]
  return {
    type: 'error',
    ...(nonce !== undefined && { nonce }),
    ...(ref !== undefined && { ref }),
    code,
    message,
    retry,
  }
}
