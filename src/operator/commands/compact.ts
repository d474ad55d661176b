import { existsSync } from 'node:fs'
import { OperatorError } from '../../lib/operatorError.ts'
import { compactDatabase } from '../../store/sqlite/database.ts'
import { databaseIn, refuseNewer, schemaInHeader, spaceOf } from '../../store/sqlite/dataDirectory.ts'
import { SCHEMA } from '../../store/sqlite/migrations.ts'
import { lockDirectory } from '../lockDirectory.ts'
import type { Command } from './command.ts'

export const command: Command = {
  usage: `Usage: hubbub compact

Rewrites the database without its free pages, which may still hold deleted text, and gives their
space back. Stop the server first. The disk needs room for two more copies of the database.`,
  async run({ config }) {
    const { dataDir: dir } = config()
    if (!existsSync(databaseIn(dir))) throw new OperatorError(1, `There is no database in ${dir}.`)
    refuseNewer(dir, schemaInHeader(dir), SCHEMA)
    const lock = lockDirectory(dir)
    try {
      const { bytes: before, free } = spaceOf(dir)
      const needed = `${Math.ceil((2 * before) / 1e6)} MB, and ${Math.floor(free / 1e6)} MB are free`
      if (free < 2 * before) throw new OperatorError(1, `Compacting needs ${needed}: make room first.`)
      compactDatabase(dir)
      const freed = before - spaceOf(dir).bytes
      return { say: `Compacted the database in ${dir}: ${freed} bytes freed.`, json: { freed } }
    } finally {
      lock.release()
    }
  },
}
