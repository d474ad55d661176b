import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createReadStream, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pack } from 'tar-stream'
import { backup, sha256Of } from '../../src/operator/backup.ts'
import { restore } from '../../src/operator/restore.ts'
import { openForWriting } from '../../src/store/sqlite/database.ts'
import { createDirectory, createPrivateFile, databaseIn } from '../../src/store/sqlite/dataDirectory.ts'
import { MIGRATIONS, SCHEMA } from '../../src/store/sqlite/migrations.ts'
import { aCommand } from '../support/server/aCommand.ts'
import { aDatabase, logOf } from '../support/server/aDatabase.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)
const folder = (name: string) => join(dir, name)

const HONEST = { format: 'hubbub backup', hubbub: '0.1.0', schema: SCHEMA, at: '2026-01-02T03:04:05.000Z' }

/** Packs a database as `hubbub backup` does. The manifest is true except for `claims`. */
async function packed(file: string, claims: object = {}): Promise<Uint8Array> {
  const content = readFileSync(file)
  const parts = { 'hubbub.db': { bytes: content.length, sha256: await sha256Of(file) } }
  const tar = pack()
  tar.entry({ name: 'manifest.json' }, JSON.stringify({ ...HONEST, parts, ...claims }))
  tar.entry({ name: 'hubbub.db' }, content)
  tar.finalize()
  return Bun.gzipSync(Buffer.concat(await Array.fromAsync(tar as AsyncIterable<Uint8Array>)))
}

/** The message with which an archive is refused. Before each piece of the archive `look` is called. */
async function refusalOf(target: string, archive: Uint8Array, look = () => {}): Promise<string> {
  const pieces = async function* () {
    for (let at = 0; at < archive.length; at += 65_536) {
      yield archive.subarray(at, at + 65_536)
      look()
    }
  }
  const { exitCode, message } = await restore(folder(target), pieces(), 1).then(
    () => ({ exitCode: 0, message: 'it was not refused' }),
    (error: { exitCode: number; message: string }) => error,
  )
  expect(exitCode).toBe(1)
  return message
}

let databases = 0
/** A database of ours with 3 messages, then changed by SQL. @returns its file */
function changedDatabase(...statements: readonly string[]): string {
  databases += 1
  const path = folder(`changed ${databases}`)
  aDatabase(path, 3)
  using db = new Database(databaseIn(path), { readwrite: true })
  for (const sql of [...statements, 'PRAGMA journal_mode = DELETE']) db.run(sql)
  return databaseIn(path)
}

const ENDLESS =
  'WITH RECURSIVE n (room) AS (SELECT 1 UNION ALL SELECT room + 1 FROM n) SELECT room, room AS seq FROM n'
const extra = (item: string) => `it has the ${item} that Hubbub does not make`
const different = (item: string) => `the ${item} in it is not the one that Hubbub makes`

const CRAFTED: [what: string, statements: string[], reason: string][] = [
  [
    'a trigger that makes every new guest an owner',
    [
      `CREATE TRIGGER gift AFTER INSERT ON users BEGIN UPDATE users SET role = 'owner' WHERE id = new.id; END`,
    ],
    extra('trigger gift'),
  ],
  [
    'an endless view in place of the rooms',
    ['DROP TABLE rooms', `CREATE VIEW rooms AS ${ENDLESS}`],
    different('view rooms'),
  ],
  ['an additional view', [`CREATE VIEW more AS ${ENDLESS}`], extra('view more')],
  ['an additional table', ['CREATE TABLE more (a)'], extra('table more')],
  ['a virtual table', ['CREATE VIRTUAL TABLE words USING fts5 (text)'], extra('virtual table words')],
  ['an additional index', ['CREATE INDEX more ON users (lower(name))'], extra('index more')],
  ['a missing column', ['ALTER TABLE reactions DROP COLUMN name'], different('table reactions')],
  ['an additional column', [`ALTER TABLE users ADD COLUMN more TEXT DEFAULT 'x'`], different('table users')],
  ['a missing index', ['DROP INDEX events_nonce'], 'events_nonce is missing in it'],
  ['a missing table', ['DROP TABLE members'], 'members is missing in it'],
  ['statistics for the planner', ['ANALYZE'], extra('table sqlite_stat1')],
  [
    'a name that controls a terminal',
    ['CREATE TABLE "a\u001b[2J\nFAULT\u009b\u202e" (a)'],
    extra('table a\\u001b[2J\\u000aFAULT\\u009b\\u202e'),
  ],
]

describe('a database that Hubbub did not make', () => {
  beforeAll(() => aDatabase(folder('mine'), 5))

  test.each(CRAFTED)('[S71] `restore` refuses %s, and names it', async (_what, statements, reason) => {
    const before = logOf(folder('mine'))
    const refusal = await refusalOf('mine', await packed(changedDatabase(...statements)))
    expect(refusal).toBe(
      `The database in this backup is not one of Hubbub: ${reason}. Nothing was changed; try another one.`,
    )
    expect(logOf(folder('mine'))).toEqual(before)
  })

  test.each(CRAFTED.slice(0, 2))('[S71] `doctor` reports %s', async (_what, statements, reason) => {
    const file = changedDatabase(...statements)
    const doctor = await aCommand(['doctor'], { DATA_DIR: dirname(file) })
    expect([doctor.code, doctor.out]).toEqual([
      1,
      expect.stringContaining(`FAULT   schema: ${file} is not as Hubbub makes it: ${reason}. `),
    ])
    expect(doctor.out).not.toContain('logs:')
  })

  test('[S71] a schema that no statement made is refused', async () => {
    const refusalFor = async (from: string, to: string) => {
      const file = changedDatabase()
      const content = readFileSync(file, 'latin1')
      expect([content.includes(from), to.length]).toEqual([true, from.length])
      writeFileSync(file, content.replace(from, to), 'latin1')
      return refusalOf('mine', await packed(file))
    }
    expect(await refusalFor(`DEFAULT 'guest'`, `DEFAULT 'owner'`)).toContain(different('table users'))
    expect(await refusalFor('CREATE TABLE users', 'CREATE TABLE nsers')).toStartWith(
      'The database in this backup is damaged',
    )
  })

  test('[S71] a backup of each former schema can be restored', async () => {
    for (let schema = 1; schema <= SCHEMA; schema += 1) {
      const path = folder(`schema ${schema}`)
      createDirectory(path)
      createPrivateFile(databaseIn(path))
      openForWriting(path, MIGRATIONS.slice(0, schema)).db.close()
      await backup(path, folder(`${schema}.tar.gz`), 1)
      const archive = createReadStream(folder(`${schema}.tar.gz`))
      const { manifest } = await restore(folder(`restored ${schema}`), archive, 1)
      expect(manifest.schema).toBe(schema)
    }
  })

  test.each([SCHEMA - 1, 0, -1, 0.5])('[S71] a manifest that claims schema %d is refused', async (schema) => {
    await refusalOf('mine', await packed(changedDatabase(), { schema }))
  })

  test('[S71] `backup` warns of a database that cannot be restored', async () => {
    const file = changedDatabase('CREATE VIEW more AS SELECT 1')
    const { code, out, err } = await aCommand(['backup'], { DATA_DIR: dirname(file) })
    expect([code, out]).toEqual([0, expect.stringMatching(/^Saved 3 events/)])
    expect(err).toBe(`This backup cannot be restored as it is: ${extra('view more')}. Run hubbub doctor.\n`)
  })

  test('[S71] `restore` and `doctor` report people with a role above guest', async () => {
    const file = changedDatabase(
      `UPDATE users SET role = 'owner'`,
      `INSERT INTO users (id, name, role, at, seen) VALUES ('0c', 'Eve', char(27), 1, 1)`,
    )
    const roles = 'People with a role above guest: \\u001b 1, owner 1.'
    const restored = await aCommand(['restore', '-'], { DATA_DIR: folder('roles') }, await packed(file))
    expect([restored.code, restored.out]).toEqual([
      0,
      expect.stringContaining(` ${roles} Check that you gave`),
    ])
    const doctor = await aCommand(['doctor'], { DATA_DIR: folder('roles') })
    expect(doctor.out).toContain(`warning roles: ${roles}`)
  })
})

describe('an archive that lies about itself', () => {
  /** The refusal of an archive, and the largest size (bytes) of the database while it was unpacked. */
  async function refused(archive: Uint8Array): Promise<{ largest: number; message: string }> {
    let largest = 0
    const message = await refusalOf('lied', archive, () => {
      const file = join(folder('lied'), 'tmp/restore/hubbub.db')
      largest = Math.max(largest, statSync(file, { throwIfNoEntry: false })?.size ?? 0)
    })
    expect(readdirSync(folder('lied'), { recursive: true, encoding: 'utf8' }).sort()).toEqual([
      'lock.db',
      'tmp',
    ])
    rmSync(folder('lied'), { recursive: true })
    return { largest, message }
  }

  test('[S73] an entry larger than its manifest says is not unpacked', async () => {
    writeFileSync(folder('large'), Buffer.alloc(200 * 1024 * 1024))
    const parts = { 'hubbub.db': { bytes: 4_096, sha256: 'x'.repeat(64) } }
    expect(await refused(await packed(folder('large'), { parts }))).toEqual({
      largest: 0,
      message: expect.stringContaining('its database is not the one that was saved'),
    })
  })

  test('[S73] an entry larger than the free space is not unpacked', async () => {
    const parts = { 'hubbub.db': { bytes: 1e15, sha256: 'x'.repeat(64) } }
    const tar = pack()
    tar.entry({ name: 'manifest.json' }, JSON.stringify({ ...HONEST, parts }))
    tar.entry({ name: 'hubbub.db', size: 1e15 }).write(Buffer.alloc(9_999))
    const pieces: Uint8Array[] = []
    for await (const piece of tar as AsyncIterable<Uint8Array>) if (pieces.push(piece) === 5) break
    expect(await refused(Bun.gzipSync(Buffer.concat(pieces)))).toEqual({
      largest: 0,
      message: expect.stringMatching(/^This backup needs 1000000000 MB of room\. Nothing was changed/),
    })
  })

  test('[S73] an archive that goes on after its end is refused, unless with the padding of tar', async () => {
    const archive = Bun.gunzipSync(new Uint8Array(await packed(changedDatabase())))
    const withZeros = (count: number) => Bun.gzipSync(Buffer.concat([archive, Buffer.alloc(count)]))
    expect((await refused(withZeros(8 * 1024 * 1024))).message).toContain('there is more after its end')
    await restore(folder('padded'), new Blob([withZeros(18 * 512)]).stream(), 1)
    expect(logOf(folder('padded'))).toHaveLength(3)
  })

  test('[S72] no text of an archive or path controls the terminal, also as JSON', async () => {
    const at = 'now\u001b]0;owned\u0007\n\u009b2J\u202eFAULT'
    const archive = await packed(changedDatabase(), { at })
    const run = (name: string, ...options: string[]) =>
      aCommand(['restore', '-', ...options], { DATA_DIR: folder(name) }, archive)
    const words = await run('at \u001b[31m')
    expect(words.out).toMatch(/^Restored the backup of now\\u001b[^\p{C}]* into [^\p{C}]*\\u001b\[31m\.\n$/u)
    const json = await run('json', '--json')
    expect(json.out).toMatch(/^[^\p{C}]*\n$/u)
    expect(JSON.parse(json.out)).toMatchObject({ at: expect.stringContaining('now\u001b]0;owned\u0007\n') })
    const missing = await aCommand(['restore', folder('no\u001b[2J')], { DATA_DIR: folder('x') })
    expect([missing.code, missing.err]).toEqual([1, `${folder('no\\u001b[2J')} cannot be used (ENOENT).\n`])
  })
})
