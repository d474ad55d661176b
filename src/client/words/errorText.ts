import type { ErrorCode, ErrorDetails } from '../../shared/errors.ts'
import { words } from './words.ts'

type Texts = Readonly<Partial<Record<string, string>>>

/** Why the server refused a request, in words. A newer server may send a code or a reason that has none here. */
export function errorText({ code, reason }: { code: ErrorCode | 'offline' } & ErrorDetails): string {
  const reasons: Readonly<Partial<Record<string, Texts>>> = words.errors.reasons
  const codes: Texts = words.errors.codes
  return (reason && reasons[code]?.[reason]) ?? codes[code] ?? words.errors.tryAgain
}
