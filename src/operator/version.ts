import { PRODUCT_VERSION } from '../lib/version.ts'
import { PROTOCOL_VERSION } from '../shared/limits.ts'
import { SCHEMA } from '../store/sqlite/migrations.ts'
import type { Command } from './command.ts'

export const command: Command = {
  usage: `Usage: hubbub version

Prints the versions of Hubbub, Bun, SQLite, schema and wire protocol.`,
  async run() {
    const { bun, sqlite } = process.versions
    const json = { hubbub: PRODUCT_VERSION, bun, sqlite, schema: SCHEMA, wire: [PROTOCOL_VERSION] }
    return {
      say: `hubbub ${PRODUCT_VERSION} (bun ${bun}, sqlite ${sqlite}, schema ${SCHEMA}, wire ${PROTOCOL_VERSION})`,
      json,
    }
  },
}
