import { printable } from './printable.ts'

/**
 * Ends the server or a command with a sentence for the operator. The sentence may quote a file that somebody else wrote, so
 * it is made safe to print on a terminal. `exitCode`: 1 failed, 3 another process uses the data, 4 the data is newer.
 */
export class OperatorError extends Error {
  constructor(
    readonly exitCode: 1 | 3 | 4,
    message: string,
  ) {
    super(printable(message))
  }
}
