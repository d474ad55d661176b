import type { ErrorCode, ErrorDetails } from '../../shared/errors.ts'
import { words } from './words.ts'

type Texts = Readonly<Partial<Record<string, string>>>

/** Why the server refused a request, and how long to wait. A newer server may send codes and reasons without a text here. */
export function errorText({ code, reason, after }: { code: ErrorCode | 'offline' } & ErrorDetails): string {
  const reasons: Readonly<Partial<Record<string, Texts>>> = words.errors.reasons
  const codes: Texts = words.errors.codes
  const text = (reason && reasons[code]?.[reason]) ?? codes[code] ?? words.errors.tryAgain
  return after === undefined ? text : `${text} ${words.errors.tryAgainIn(Math.ceil(after / 1_000))}`
}
