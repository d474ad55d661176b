/** The frames that answer one client: welcome, acks and errors. */
import { assertNever } from '../shared/assert.ts'
import { ChatError, ERRORS, type ErrorCode } from '../shared/errors.ts'
import { TIMES, PROTOCOL_VERSION, WELCOME_LIMITS } from '../shared/limits.ts'
import type { Heard } from '../shared/protocol.ts'
import type { ClientConnection } from './connections.ts'
import type { Draft, Log, Outcome } from './ports.ts'

/** The name of the frame that is answered, as far as it could be read. */
export interface ReplyTarget {
  nonce?: string
  ref?: string
}

/** The answer to `hello`. @param now ms since the epoch */
export function welcomeFrame(
  { socket, user }: Pick<ClientConnection, 'socket' | 'user'>,
  now: number,
  build: string,
): Heard<'welcome'> {
  const fixed = { version: PROTOCOL_VERSION, beat: TIMES.beat, limits: WELCOME_LIMITS }
  return { type: 'welcome', connection: socket.id, user, now, build, ...fixed }
}

/**
 * The `error` frame of anything thrown, ≤ 200 bytes as JSON. Its message is fixed for each code and never holds the input.
 * An error that is no `ChatError` is a bug, `internal`; the caller logs it.
 */
export function errorFrame(error: unknown, target: ReplyTarget = {}): Heard<'error'> {
  if (!(error instanceof ChatError)) return errorReply('internal', target)
  const { after } = error.details
  return { ...errorReply(error.code, target), ...(after !== undefined && { after }) }
}

/** The answer to the sender of a draft once its batch is done. */
export function outcomeReply(
  draft: Draft & { nonce: string },
  outcome: Outcome,
): Heard<'ack'> | Heard<'error'> {
  const { nonce, room } = draft
  switch (outcome.result) {
    case 'stored':
    case 'duplicate': {
      const { seq, id, at } = outcome.result === 'stored' ? outcome.event : outcome
      return {
        type: 'ack',
        nonce,
        room,
        seq,
        id,
        at,
        ...(outcome.result === 'duplicate' && { duplicate: true }),
      }
    }
    case 'refused':
      return errorReply(outcome.code, { nonce })
    case 'failed':
      return errorReply('unavailable', { nonce })
    default:
      return assertNever(outcome)
  }
}

/** Waits for a write. @throws ChatError `unavailable` if the disk refused it; the cause goes to the log */
export async function awaitWrite<T>(write: Promise<T>, log: Log): Promise<T> {
  try {
    return await write
  } catch (error) {
    log.error('write', error)
    throw new ChatError('unavailable')
  }
}

function errorReply(code: ErrorCode, { nonce, ref }: ReplyTarget): Heard<'error'> {
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
