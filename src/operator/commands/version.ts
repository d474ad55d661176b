import { VERSION } from '../../lib/version.ts'
import { VERSION as WIRE } from '../../shared/limits.ts'
import { SCHEMA } from '../../store/sqlite/migrations.ts'
import type { Command } from './command.ts'

export const command: Command = {
  usage: `Usage: hubbub version

Says what this is.

  --json       say it as JSON
  --help       this`,
  async run() {
    const { bun, sqlite } = process.versions
    const json = { hubbub: VERSION, bun, sqlite, schema: SCHEMA, wire: [WIRE] }
    return {
      say: `hubbub ${VERSION} (bun ${bun}, sqlite ${sqlite}, schema ${SCHEMA}, wire ${WIRE})`,
      json,
    }
  },
}
