import { ERRORS, type ErrorCode, type ErrorDetails } from '../shared/errors.ts'

/** The JSON answer to a failed request. `message` is a fixed text, never the input. `after` (ms) also sets `Retry-After`. */
export function errorResponse(
  code: ErrorCode,
  { after, ...details }: ErrorDetails = {},
  message: string = ERRORS[code].message,
): Response {
  const { status } = ERRORS[code]
  const wait = after !== undefined && Number.isFinite(after) && { after }
  const headers = new Headers()
  if (status === 429 || status === 503)
    headers.set('retry-after', String(Math.max(1, Math.ceil((after ?? 1_000) / 1_000))))
  return Response.json({ error: { code, message, ...details, ...wait } }, { status, headers })
}
