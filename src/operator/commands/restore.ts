import { restore } from '../restore.ts'
import type { Command } from './command.ts'
import { readFrom } from '../streams.ts'

export const command: Command = {
  usage: `Usage: hubbub restore FILE|-

Replaces the data in DATA_DIR with a backup. The former data is moved to DATA_DIR/before-restore-<time>.
Stop the server first. A backup that is not whole changes nothing.`,
  argument: 'needed',
  async run({ argument = '-', config }) {
    const { dataDir } = config()
    const { manifest, before, roles } = await restore(dataDir, readFrom(argument), Date.now())
    const aside = before === null ? '' : ` The former data is now in ${before}.`
    const warning =
      roles === null ? '' : ` People with a role above guest: ${roles}. Check that you gave them these roles.`
    return {
      say: `Restored the backup of ${manifest.at} into ${dataDir}.${aside}${warning}`,
      json: { at: manifest.at, schema: manifest.schema, hubbub: manifest.hubbub, before },
    }
  },
}
