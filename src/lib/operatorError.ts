/**
 * Ends the server or a command with sentences for the operator, one per line. Each is made printable, since it may quote a
 * file that someone else wrote. `exitCode`: 1 failed, 2 wrong usage, 3 another process uses the data, 4 the data is newer.
 */
export class OperatorError extends Error {
  constructor(
    readonly exitCode: 1 | 2 | 3 | 4,
    ...lines: string[]
  ) {
    super(lines.map(printable).join('\n'))
  }
}

/** Ends the process: with the sentences and the exit code of an OperatorError, or as a start that failed. */
export function exitWith(error: unknown): never {
  const reason = error instanceof Error ? error.message : 'unknown reason'
  const known =
    error instanceof OperatorError ? error : new OperatorError(1, `Hubbub cannot start: ${reason}`)
  process.stderr.write(`${known.message}\n`)
  process.exit(known.exitCode)
}

/** Escapes every character that would steer a terminal, start a line or turn the text's direction, as JSON writes them. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}
