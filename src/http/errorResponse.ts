import { type ChatError, ERRORS, type ErrorCode } from '../shared/errors.ts'

/** An answer that says why not: the fixed texts, never what was sent. `after` in ms becomes `Retry-After`. */
export function failure(
  code: ErrorCode,
  more: { message?: string; suggestion?: string; after?: number; status?: number } = {},
): Response {
  const { status, message } = ERRORS[code]
  const { suggestion } = more
  const body = { error: { code, message: more.message ?? message, ...(suggestion && { suggestion }) } }
  const answered = more.status ?? status
  const headers = new Headers()
  if (answered === 429 || answered === 503)
    headers.set('retry-after', String(Math.max(1, Math.ceil((more.after ?? 1_000) / 1_000))))
  return Response.json(body, { status: answered, headers })
}

/** What a route threw on purpose, as an answer. */
export function failureOf({ code, message, more }: ChatError): Response {
  return failure(code, { message, ...more })
}
