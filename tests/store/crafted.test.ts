import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pack } from 'tar-stream'
import { backup, sha256Of } from '../../src/operator/backup.ts'
import { openForWriting } from '../../src/store/sqlite/database.ts'
import { createDirectory, createPrivateFile, databaseIn } from '../../src/store/sqlite/dataDirectory.ts'
import { MIGRATIONS, SCHEMA } from '../../src/store/sqlite/migrations.ts'
import { restore } from '../../src/operator/restore.ts'
import { aCommand } from '../support/server/aCommand.ts'
import { aDatabase, logOf } from '../support/server/aDatabase.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)
const folder = (name: string) => join(dir, name)

/** Packs a database as `hubbub backup` does, with a manifest that is right about it, and what else is claimed. */
async function packed(file: string, claims: object = {}): Promise<Uint8Array> {
  const content = readFileSync(file)
  const part = { bytes: content.length, sha256: await sha256Of(file) }
  const manifest = Buffer.from(
    JSON.stringify({
      format: 'hubbub backup',
      hubbub: '0.1.0',
      schema: SCHEMA,
      at: '2026-01-02T03:04:05.000Z',
      parts: { 'hubbub.db': part },
      ...claims,
    }),
  )
  return tarGz({ 'manifest.json': manifest, 'hubbub.db': content })
}
async function tarGz(files: Record<string, Uint8Array>): Promise<Uint8Array> {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
  tar.finalize()
  return Bun.gzipSync(Buffer.concat(await Array.fromAsync(tar as AsyncIterable<Uint8Array>)))
}
async function* bytes(content: Uint8Array) {
  yield content
}
function refusal(promise: Promise<unknown>): Promise<{ exitCode: number; message: string }> {
  return promise.then(
    () => ({ exitCode: 0, message: 'it was not refused' }),
    (error: { exitCode: number; message: string }) => ({ exitCode: error.exitCode, message: error.message }),
  )
}

let made = 0
/** A database of ours in a folder of its own, changed. @returns its file */
function changed(change: (db: Database) => void): string {
  made += 1
  const path = folder(`crafted ${made}`)
  aDatabase(path, 3)
  const db = new Database(databaseIn(path), { readwrite: true })
  change(db)
  db.run('PRAGMA journal_mode = DELETE')
  db.close()
  return databaseIn(path)
}
const running =
  (...statements: string[]) =>
  (db: Database) =>
    statements.forEach((sql) => db.run(sql))
/** Changes bytes of a file, as no statement could. */
function patched(file: string, from: string, to: string): void {
  const content = readFileSync(file, 'latin1')
  expect([content.includes(from), to.length]).toEqual([true, from.length])
  writeFileSync(file, content.replace(from, to), 'latin1')
}

const ENDLESS =
  'WITH RECURSIVE n (room) AS (SELECT 1 UNION ALL SELECT room + 1 FROM n) SELECT room, room AS seq FROM n'
const CRAFTED: Record<string, [change: (db: Database) => void, says: string]> = {
  'a trigger that makes every new guest an owner': [
    running(
      `CREATE TRIGGER gift AFTER INSERT ON users BEGIN UPDATE users SET role = 'owner' WHERE id = new.id; END`,
    ),
    'it has the trigger gift that Hubbub does not make',
  ],
  'a view in place of the people': [
    running(
      'DROP TABLE users',
      `CREATE VIEW users AS SELECT 'x' AS id, 'Eve' AS name, 'owner' AS role, 1 AS at, 1 AS seen`,
    ),
    'the view users in it is not the one that Hubbub makes',
  ],
  'an endless view in place of the rooms': [
    running('DROP TABLE rooms', `CREATE VIEW rooms AS ${ENDLESS}`),
    'the view rooms in it is not the one that Hubbub makes',
  ],
  'an endless view beside them': [
    running(`CREATE VIEW more AS ${ENDLESS}`),
    'it has the view more that Hubbub does not make',
  ],
  'a table of its own': [running('CREATE TABLE more (a)'), 'it has the table more that Hubbub does not make'],
  'a virtual table': [
    running('CREATE VIRTUAL TABLE words USING fts5 (text)'),
    'it has the virtual table words that Hubbub does not make',
  ],
  'an index of its own': [
    running('CREATE INDEX more ON users (lower(name))'),
    'it has the index more that Hubbub does not make',
  ],
  'a table that lacks a column': [
    running('ALTER TABLE reactions DROP COLUMN name'),
    'the table reactions in it is not the one that Hubbub makes',
  ],
  'a table with one more': [
    running(`ALTER TABLE users ADD COLUMN more TEXT DEFAULT 'x'`),
    'the table users in it is not the one that Hubbub makes',
  ],
  'a missing index': [running('DROP INDEX events_nonce'), 'events_nonce is missing in it'],
  'a missing table': [running('DROP TABLE members'), 'members is missing in it'],
  'statistics for the planner': [
    running('ANALYZE'),
    'it has the table sqlite_stat1 that Hubbub does not make',
  ],
  'a name that steers a terminal': [
    running('CREATE TABLE "a\u001b[2J\nFAULT\u009b\u202e" (a)'),
    'it has the table a\\u001b[2J\\u000aFAULT\\u009b\\u202e that Hubbub does not make',
  ],
}

describe('a database that Hubbub did not make', () => {
  beforeAll(() => aDatabase(folder('mine'), 5))

  test.each(Object.entries(CRAFTED))(
    '[S71] `restore` refuses %s, in words and at once, and `doctor` says the same',
    async (_what, [change, says]) => {
      const file = changed(change)
      const before = logOf(folder('mine'))
      expect(await refusal(restore(folder('mine'), bytes(await packed(file)), 1))).toEqual({
        exitCode: 1,
        message: `The database in this backup is not one of Hubbub: ${says}. Nothing was changed; try another one.`,
      })
      expect(logOf(folder('mine'))).toEqual(before)
      const ran = await aCommand(['doctor'], { DATA_DIR: dirname(file) })
      expect([ran.code, ran.out]).toEqual([
        1,
        expect.stringContaining(`FAULT   schema: ${file} is not as Hubbub makes it: ${says}. `),
      ])
      expect(ran.out).not.toContain('logs:')
    },
  )

  test('[S71] nor does it take a list of what there is that no statement made', async () => {
    const refusedFor = async (from: string, to: string) => {
      const file = changed(() => undefined)
      patched(file, from, to)
      return (await refusal(restore(folder('mine'), bytes(await packed(file)), 1))).message
    }
    expect(await refusedFor(`DEFAULT 'guest'`, `DEFAULT 'owner'`)).toContain(
      'the table users in it is not the one that Hubbub makes',
    )
    expect(await refusedFor('CREATE TABLE users', 'CREATE TABLE nsers')).toStartWith(
      'The database in this backup is damaged',
    )
  })

  test('[S71] each layout that Hubbub ever had is taken, compared with what its own migrations make', async () => {
    for (let schema = 1; schema <= SCHEMA; schema += 1) {
      const path = folder(`layout ${schema}`)
      createDirectory(path)
      createPrivateFile(databaseIn(path))
      openForWriting(path, MIGRATIONS.slice(0, schema)).db.close()
      await backup(path, folder(`${schema}.tar.gz`), { version: '1.2.3', now: 1 })
      const target = folder(`restored ${schema}`)
      const { manifest } = await restore(target, createReadStream(folder(`${schema}.tar.gz`)), 1)
      expect([manifest.schema, readdirSync(target)]).toEqual([schema, expect.arrayContaining(['hubbub.db'])])
    }
  })

  test('[S71] a manifest that names another layout than its database has is refused', async () => {
    const file = changed(() => undefined)
    for (const schema of [SCHEMA - 1, 0, -1, 0.5])
      expect(
        (await refusal(restore(folder('mine'), bytes(await packed(file, { schema })), 1))).exitCode,
      ).toBe(1)
  })

  test('[S71] a backup of one is made all the same, and says that it cannot be restored', async () => {
    const file = changed(running('CREATE VIEW more AS SELECT 1'))
    const { code, out, err } = await aCommand(['backup'], { DATA_DIR: dirname(file) })
    expect([code, out, err]).toEqual([
      0,
      expect.stringMatching(/^Saved 3 events/),
      'This backup cannot be restored as it is: it has the view more that Hubbub does not make. Run hubbub doctor.\n',
    ])
  })

  test('[S71] people who are more than guests are told of', async () => {
    const file = changed(
      running(`UPDATE users SET role = 'owner'`, `INSERT INTO users VALUES ('0c', 'Eve', char(27), 1, 1)`),
    )
    writeFileSync(folder('roles.tar.gz'), await packed(file))
    const ran = await aCommand(['restore', folder('roles.tar.gz')], { DATA_DIR: folder('roles') })
    expect([ran.code, ran.out]).toEqual([
      0,
      `Restored the backup of 2026-01-02T03:04:05.000Z into ${folder('roles')}. People with a role above guest: \\u001b 1, owner 1. Check that you gave them these roles.\n`,
    ])
    const doctor = await aCommand(['doctor'], { DATA_DIR: folder('roles') })
    expect(doctor.out).toContain('warning roles: People with a role above guest: \\u001b 1, owner 1.')
  })
})

describe('an archive that lies about itself', () => {
  /** How large what is unpacked becomes, at most, while it is restored. */
  async function restoring(content: Uint8Array): Promise<{ most: number; message: string }> {
    const target = folder('lied')
    let most = 0
    const look = setInterval(() => {
      const size = statSync(join(target, 'tmp/restore/hubbub.db'), { throwIfNoEntry: false })?.size ?? 0
      most = Math.max(most, size)
    }, 1)
    const slowly = async function* () {
      for (let at = 0; at < content.length; at += 4_096) {
        yield content.subarray(at, at + 4_096)
        await Bun.sleep(1)
      }
    }
    const { message } = await refusal(restore(target, slowly(), 1))
    clearInterval(look)
    expect(readdirSync(target).toSorted()).toEqual(['lock.db', 'tmp'])
    expect(readdirSync(join(target, 'tmp'))).toEqual([])
    rmSync(target, { recursive: true })
    return { most, message }
  }

  test('[S73] an entry that is larger than its manifest says is not unpacked', async () => {
    mkdirSync(folder('large'), { recursive: true })
    writeFileSync(join(folder('large'), 'hubbub.db'), Buffer.alloc(200 * 1024 * 1024))
    const parts = { 'hubbub.db': { bytes: 4_096, sha256: 'x'.repeat(64) } }
    const { most, message } = await restoring(await packed(join(folder('large'), 'hubbub.db'), { parts }))
    expect(message).toContain('its database is not the one that was saved')
    expect(most).toBe(0)
  })

  test('[S73] nor is one that there is no room for', async () => {
    const parts = { 'hubbub.db': { bytes: 1e15, sha256: 'x'.repeat(64) } }
    const manifest = Buffer.from(
      JSON.stringify({ format: 'hubbub backup', hubbub: '1', schema: SCHEMA, at: 'x', parts }),
    )
    const tar = pack()
    tar.entry({ name: 'manifest.json' }, manifest)
    tar.entry({ name: 'hubbub.db', size: 1e15 }).write(Buffer.alloc(9_999))
    const pieces: Uint8Array[] = []
    for await (const piece of tar as AsyncIterable<Uint8Array>) if (pieces.push(piece) === 5) break
    const huge = Bun.gzipSync(Buffer.concat(pieces))
    const { most, message } = await restoring(huge)
    expect(message).toMatch(/^This backup needs 1000000000 MB of room\. Nothing was changed/)
    expect(most).toBe(0)
  })

  test('[S73] what has no end behind its end is refused', async () => {
    const file = changed(() => undefined)
    const whole = Bun.gunzipSync(new Uint8Array(await packed(file)))
    const endless = Bun.gzipSync(Buffer.concat([whole, Buffer.alloc(8 * 1024 * 1024)]))
    expect((await restoring(endless)).message).toContain('there is more after its end')
    const filled = Bun.gzipSync(Buffer.concat([whole, Buffer.alloc(18 * 512)]))
    await restore(folder('filled'), bytes(filled), 1)
    expect(logOf(folder('filled'))).toHaveLength(3)
  })

  test('[S72] nothing that it says of itself steers the terminal, also as JSON', async () => {
    const at = 'now\u001b]0;owned\u0007\n\u009b2J\u202eFAULT'
    const file = changed(() => undefined)
    writeFileSync(folder('at.tar.gz'), await packed(file, { at }))
    const run = (name: string, ...more: string[]) =>
      aCommand(['restore', folder('at.tar.gz'), ...more], { DATA_DIR: folder(name) })
    const words = await run('at \u001b[31m')
    expect(words.out).toMatch(/^Restored the backup of now\\u001b[^\p{C}]* into [^\p{C}]*\\u001b\[31m\.\n$/u)
    const json = await run('json', '--json')
    expect(json.out).toMatch(/^[^\p{C}]*\n$/u)
    expect(JSON.parse(json.out)).toMatchObject({ at: expect.stringContaining('now\u001b]0;owned\u0007\n') })
    const missing = await aCommand(['restore', folder('no\u001b[2J')], { DATA_DIR: folder('x') })
    expect([missing.code, missing.err]).toEqual([1, `${folder('no\\u001b[2J')} cannot be used (ENOENT).\n`])
  })
})
