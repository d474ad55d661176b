/** The frames that answer one client (welcome, acks, errors), and `awaitWrite`, which makes a failed write `unavailable`. */
import { ChatError, ERRORS } from '../shared/errors.ts'
import { TIMES, PROTOCOL_VERSION, WELCOME_LIMITS } from '../shared/limits.ts'
import type { ServerFrameOf } from '../shared/protocol.ts'
import type { ClientConnection } from './connections.ts'
import type { Draft, Log, Outcome } from './ports.ts'

/** The `nonce` or `ref` of the frame that is answered; neither if it could not be read. */
export interface ReplyTarget {
  nonce?: string
  ref?: string
}

/** The answer to `hello`. @param now ms since the epoch */
export function welcomeFrame(
  { socket, user }: ClientConnection,
  now: number,
  build: string,
): ServerFrameOf<'welcome'> {
  const fixed = { version: PROTOCOL_VERSION, beat: TIMES.beat, limits: WELCOME_LIMITS }
  return { type: 'welcome', connection: socket.id, user, now, build, ...fixed }
}

/**
 * The `error` frame of anything thrown, ≤ 200 bytes as JSON. Its message is fixed for each code and never holds the input.
 * An error that is no `ChatError` is a bug, `internal`; the caller logs it.
 */
export function errorFrame(error: unknown, { nonce, ref }: ReplyTarget = {}): ServerFrameOf<'error'> {
  const { code, details } = error instanceof ChatError ? error : new ChatError('internal')
  const { message, retry } = ERRORS[code]
  return {
    type: 'error',
    ...(nonce !== undefined && { nonce }),
    ...(ref !== undefined && { ref }),
    code,
    message,
    retry,
    ...(details.after !== undefined && { after: details.after }),
  }
}

/** The answer to the sender of a draft once its batch is done. */
export function outcomeReply(
  { nonce, room }: Draft & { nonce: string },
  outcome: Outcome,
): ServerFrameOf<'ack'> | ServerFrameOf<'error'> {
  if (outcome.result === 'refused') return errorFrame(new ChatError(outcome.code), { nonce })
  if (outcome.result === 'failed') return errorFrame(new ChatError('unavailable'), { nonce })
  const isDuplicate = outcome.result === 'duplicate'
  const { seq, id, at } = isDuplicate ? outcome : outcome.event
  return { type: 'ack', nonce, room, seq, id, at, ...(isDuplicate && { duplicate: true }) }
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
