import { compactDatabase } from '../store/sqlite/database.ts'
import { refuseNewer, schemaInHeader, spaceOf } from '../store/sqlite/dataDirectory.ts'
import { SCHEMA } from '../store/sqlite/migrations.ts'
import { lockDirectory } from '../store/sqlite/lock.ts'
import { type Command, requireDatabase, requireSpace } from './command.ts'

export const command: Command = {
  usage: `Usage: hubbub compact

Rewrites the database without its free pages, which may still hold deleted text, and gives their
space back. Stop the server first. The disk needs room for two more copies of the database.`,
  async run({ config }) {
    const { dataDir: dir } = config()
    requireDatabase(dir)
    refuseNewer(dir, schemaInHeader(dir), SCHEMA)
    using _lock = lockDirectory(dir)
    requireSpace(dir, 'Compacting needs')
    const before = spaceOf(dir).bytes
    compactDatabase(dir)
    const freed = before - spaceOf(dir).bytes
    return { say: `Compacted the database in ${dir}: ${freed} bytes freed.`, json: { freed } }
  },
}
