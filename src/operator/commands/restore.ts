import { printable } from '../../lib/printable.ts'
import { restore } from '../restore.ts'
import type { Command } from './command.ts'
import { readFrom } from '../streams.ts'

export const command: Command = {
  usage: `Usage: hubbub restore FILE|-

Puts a backup in place of what DATA_DIR holds, which is moved to DATA_DIR/before-restore-<time>.
Stop the server first. A backup that is not whole changes nothing.

  --json       print the result as JSON
  --help       print this help`,
  argument: 'needed',
  async run({ argument = '-', config }) {
    const { dataDir } = config()
    const { manifest, before, roles } = await restore(dataDir, readFrom(argument), Date.now())
    const aside = before === null ? '' : ` What was there is now in ${before}.`
    const more =
      roles === null ? '' : ` People with a role above guest: ${roles}. Check that you gave them these roles.`
    return {
      say: printable(`Restored the backup of ${manifest.at} into ${dataDir}.${aside}${more}`),
      json: { at: manifest.at, schema: manifest.schema, hubbub: manifest.hubbub, before },
    }
  },
}
