import { existsSync } from 'node:fs'
import { openForWriting } from '../store/sqlite/database.ts'
import { databaseIn, refuseNewer, schemaInHeader } from '../store/sqlite/dataDirectory.ts'
import { lockDirectory } from '../store/sqlite/lock.ts'
import { SCHEMA } from '../store/sqlite/migrations.ts'
import { type Command, requireSpace } from './command.ts'

export const command: Command = {
  usage: `Usage: hubbub migrate [--check]

Brings the database to the schema of this version, as the next start would do. First it is copied to
DATA_DIR/snapshots. Stop the server before.

  --check      only print what would be done`,
  options: { check: { type: 'boolean' } },
  async run({ options, config }) {
    const { dataDir: dir } = config()
    const from = schemaInHeader(dir)
    refuseNewer(dir, from, SCHEMA)
    const json = { from, to: SCHEMA, snapshot: null as string | null }
    if (!existsSync(databaseIn(dir)))
      return { say: `There is no database in ${dir}; the first start makes one.`, json }
    if (from === SCHEMA) return { say: `The database has schema ${SCHEMA}; there is nothing to do.`, json }
    if (options.check) {
      const needs = requireSpace(dir, 'It needs')
      return { say: `The next start brings the database from schema ${from} to ${SCHEMA}. ${needs}`, json }
    }
    using _lock = lockDirectory(dir)
    const { db, snapshot } = openForWriting(dir)
    db.close()
    const say = `Brought the database from schema ${from} to ${SCHEMA}. The former one is ${snapshot ?? 'nowhere'}.`
    return { say, json: { ...json, snapshot } }
  },
}
