import { constants, setPriority } from 'node:os'
import { VERSION } from '../../lib/version.ts'
import { backup } from '../backup.ts'
import { pruneBackups } from '../backupFiles.ts'
import { type Command, CommandError } from './command.ts'
import { output } from './streams.ts'

export const command: Command = {
  usage: `Usage: hubbub backup [FILE|-]

Saves everything into one file, beside a running server or without one. It is named
DATA_DIR/backups/hubbub-<time>.tar.gz unless you name another; - writes it to stdout.

  --keep N     afterwards remove all but the N newest of DATA_DIR/backups
  --json       say what was done as JSON
  --help       this`,
  options: { keep: { type: 'string' } },
  word: 'optional',
  async run({ word, options, config }) {
    const { keep } = options
    if (keep !== undefined && !/^[1-9]\d{0,3}$/.test(String(keep)))
      throw new CommandError(2, '--keep takes a number from 1 to 9999.')
    const { dataDir } = config()
    // Whoever is talking comes first.
    setPriority(constants.priority.PRIORITY_LOW)
    const to = word === '-' ? output : word
    const made = await backup(dataDir, to, { version: VERSION, now: Date.now() })
    if (keep !== undefined) pruneBackups(dataDir, Number(keep))
    const where = made.file ?? 'stdout'
    return {
      say: `Saved ${made.events} events to ${where} (${(made.bytes / 1e6).toFixed(1)} MB).`,
      json: made,
      streamed: made.file === null,
      ...(made.foreign !== null && {
        warns: `This backup cannot be restored as it is: ${made.foreign}. Run hubbub doctor.`,
      }),
    }
  },
}
