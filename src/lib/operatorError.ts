import { printable } from './printable.ts'

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
