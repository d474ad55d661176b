import { Database } from 'bun:sqlite'
import { queryAll } from './database.ts'
import { MIGRATIONS, migrate } from './migrations.ts'

interface SchemaItem {
  type: string
  name: string
  tbl_name: string
  sql: string | null
}

const ITEMS = 'SELECT type, name, tbl_name, sql FROM sqlite_schema'
/** How many characters of a foreign name a message quotes. */
const MAX_QUOTED = 60

/**
 * How the schema of a database differs from the one that the first `version` migrations make, in words; null if it does
 * not. Call it before any query: a view can be endless and a trigger can do anything. It reads the list of items only.
 */
export function foreignSchemaIn(db: Database, version: number): string | null {
  const expected = expectedItems(version)
  for (const item of db.query<SchemaItem, []>(ITEMS).iterate()) {
    const expectedText = expected.get(item.name)
    if (expectedText === undefined) return `it has ${describeItem(item)} that Hubbub does not make`
    if (expectedText !== textOf(item)) return `${describeItem(item)} in it is not the one that Hubbub makes`
    expected.delete(item.name)
  }
  const [missing] = expected.keys()
  return missing === undefined ? null : `${missing} is missing in it`
}

function expectedItems(version: number): Map<string, string> {
  using db = new Database(':memory:')
  migrate(db, MIGRATIONS.slice(0, version))
  return new Map(queryAll<SchemaItem>(db, ITEMS).map((item) => [item.name, textOf(item)]))
}

/** An item as a text to compare. White space is collapsed: SQLite keeps each statement as it was written. */
function textOf({ type, name, tbl_name, sql }: SchemaItem): string {
  return JSON.stringify([type, name, tbl_name, sql?.replace(/\s+/g, ' ').trim() ?? null])
}

function describeItem({ type, name, sql }: SchemaItem): string {
  const kind = /^create\s+virtual/i.test(sql ?? '') ? `virtual ${type}` : type
  return `the ${kind} ${name.slice(0, MAX_QUOTED)}`
}

/** People with a role above guest, counted by role; null if there are none. */
export function rolesIn(db: Database): string | null {
  const sql = `SELECT role, count(*) AS n FROM users WHERE role IS NOT 'guest' GROUP BY role LIMIT 9`
  const roles = queryAll<{ role: string; n: number }>(db, sql)
  return roles.map(({ role, n }) => `${role.slice(0, MAX_QUOTED)} ${n}`).join(', ') || null
}
