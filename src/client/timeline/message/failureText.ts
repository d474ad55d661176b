import type { ErrorCode } from '../../../shared/errors.ts'

export type FailureReason = ErrorCode | 'late' | 'refused'

const REASONS: Partial<Record<FailureReason, string>> = {
  tooBig: 'It is too long.',
  forbidden: 'You may not write here.',
  noRoom: 'This room is not open to you.',
  notMember: 'You are no longer in this room.',
  readOnly: 'Nobody may write here now.',
  nonceReused: 'Something else was sent in its place.',
  gone: 'The message it answers is gone.',
  unauthenticated: 'You are signed out.',
  late: 'It could not be delivered in time.',
}

/** Why a message was not sent, in words. */
export function failureText(reason: FailureReason, what = 'Not sent.'): string {
  return `${what} ${REASONS[reason] ?? 'The server refused it.'}`
}
