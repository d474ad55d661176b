import { OperatorError } from '../../lib/operatorError.ts'
import { constants, setPriority } from 'node:os'
import { PRODUCT_VERSION } from '../../lib/version.ts'
import { backup } from '../backup.ts'
import { pruneBackups } from '../backupFiles.ts'
import type { Command } from './command.ts'
import { stdout } from '../streams.ts'

export const command: Command = {
  usage: `Usage: hubbub backup [FILE|-]

Saves everything into one file, beside a running server or without one. It is named
DATA_DIR/backups/hubbub-<time>.tar.gz unless you name another; - writes it to stdout.

  --keep N     afterwards remove all but the N newest of DATA_DIR/backups`,
  options: { keep: { type: 'string' } },
  argument: 'optional',
  async run({ argument, options, config }) {
    const { keep } = options
    if (keep !== undefined && !/^[1-9]\d{0,3}$/.test(String(keep)))
      throw new OperatorError(2, '--keep takes a number from 1 to 9999.')
    const { dataDir } = config()
    // The server's work comes first.
    setPriority(constants.priority.PRIORITY_LOW)
    const to = argument === '-' ? stdout : argument
    const result = await backup(dataDir, to, { version: PRODUCT_VERSION, now: Date.now() })
    if (keep !== undefined) pruneBackups(dataDir, Number(keep))
    const where = result.file ?? 'stdout'
    return {
      say: `Saved ${result.events} events to ${where} (${(result.bytes / 1e6).toFixed(1)} MB).`,
      json: result,
      streamed: result.file === null,
      ...(result.foreign !== null && {
        warns: `This backup cannot be restored as it is: ${result.foreign}. Run hubbub doctor.`,
      }),
    }
  },
}
