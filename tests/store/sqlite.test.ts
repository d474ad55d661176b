import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { OperatorError } from '../../src/lib/operatorError.ts'
import { openForWriting } from '../../src/store/sqlite/database.ts'
import { createDirectory, databaseIn } from '../../src/store/sqlite/dataDirectory.ts'
import { takeLock } from '../../src/store/sqlite/lock.ts'
import { MIGRATIONS, SCHEMA } from '../../src/store/sqlite/migrations.ts'
import { openInMemory } from '../../src/store/sqlite/sqliteStore.ts'
import { draft, garden, guest, NEVER, numbered, open, owned, say } from './support/scene.ts'
import { aTemporaryDir } from './support/world.ts'

const CHILD = join(import.meta.dir, 'support/child.ts')

/** A data directory that does not exist yet. */
const aDir = () => join(aTemporaryDir(), 'data')

/** The error with which a directory does not open. */
async function refusalOf(dir: string): Promise<OperatorError> {
  const error: unknown = await open(dir).catch((thrown: unknown) => thrown)
  if (!(error instanceof OperatorError)) throw new Error('it opened', { cause: error })
  return error
}

/** Every file of a directory with its content. */
function contents(dir: string): Map<string, string> {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()
  const plain = files.filter((file) => statSync(join(dir, file)).isFile())
  return new Map(plain.map((file) => [file, readFileSync(join(dir, file)).toString('hex')]))
}

/** A closed database with one message in it. @returns its directory */
async function aClosedStore(): Promise<string> {
  const dir = aDir()
  const store = await open(dir)
  await say(store, ['from before'])
  await store.close()
  return dir
}

test('[O8] a writer killed five times loses no acknowledged event, doubles none and leaves no hole', async () => {
  const dir = aDir()
  const acknowledged = new Map<string, number>()
  for (let life = 1; life <= 5; life += 1) {
    await using child = Bun.spawn([process.execPath, CHILD, 'write', dir], { stderr: 'inherit' })
    let heard = 0
    for await (const line of createInterface({ input: Readable.from(child.stdout) })) {
      const [nonce = '', seq] = line.split(' ')
      acknowledged.set(nonce, Number(seq))
      if ((heard += 1) === 100 * life) child.kill(9)
    }
    expect(await child.exited).not.toBe(0)
  }
  const store = await open(dir)
  const head = (await store.room('lobby'))?.head ?? 0
  const log = []
  while (log.length < head) log.push(...(await store.events('lobby', log.length, 500)))
  await store.close()
  expect(log.map(({ seq }) => seq)).toEqual(numbered(head).map(Number))
  expect(new Set(log.map(({ nonce }) => nonce)).size).toBe(head)
  const stored = new Map(log.map(({ nonce, seq }) => [nonce, seq]))
  expect(acknowledged.size).toBeGreaterThan(1_000)
  expect([...acknowledged].filter(([nonce, seq]) => stored.get(nonce) !== seq)).toEqual([])
  using db = new Database(databaseIn(dir), { readonly: true })
  expect(db.query('PRAGMA integrity_check').values()).toEqual([['ok']])
}, 30_000)

test('[O8] the writer syncs at every commit, zeroes what it deletes, and can give pages back', async () => {
  const { db } = openForWriting(await aClosedStore())
  const pragma = (name: string) => db.query(`PRAGMA ${name}`).values()[0]?.[0]
  expect(['journal_mode', 'synchronous', 'secure_delete', 'auto_vacuum'].map(pragma)).toEqual([
    'wal',
    2,
    1,
    2,
  ])
  db.close()
})

test('[O6] a second store of a directory is refused with its name; the first goes on, and closing it frees the lock', async () => {
  const dir = aDir()
  const store = await open(dir)
  expect(await refusalOf(dir)).toMatchObject({ exitCode: 3, message: expect.stringContaining(dir) })
  expect(await say(store, ['still here'])).toMatchObject([{ result: 'stored' }])
  await store.close()
  await (await open(dir)).close()
})

test('[O6] a directory stays locked although the caller forgets the lock', async () => {
  const dir = aDir()
  createDirectory(dir)
  takeLock(dir)
  // SQLite frees the lock when an unreferenced Database is collected.
  for (let round = 0; round < 20; round += 1) {
    Bun.gc(true)
    await Bun.sleep(0)
  }
  expect(() => takeLock(dir)).toThrow('Another Hubbub is using the data directory')
})

test('[O11] a newer database is refused in a sentence, and no byte is written', async () => {
  const dir = await aClosedStore()
  const newer = new Database(databaseIn(dir), { readwrite: true })
  newer.run('PRAGMA user_version = 99')
  newer.close()
  const snapshot = join('snapshots', 'schema-0001-2026-01-01T000000.000Z.db')
  mkdirSync(join(dir, 'snapshots'))
  for (const file of [snapshot, join('tmp', 'half')]) writeFileSync(join(dir, file), '')
  const before = contents(dir)
  const { exitCode, message } = await refusalOf(dir)
  expect(exitCode).toBe(4)
  for (const part of ['schema 99', snapshot]) expect(message).toContain(part)
  expect(contents(dir)).toEqual(before)
})

test('[O11] a newer schema that only the WAL knows is refused, too', async () => {
  const dir = await aClosedStore()
  using newer = new Database(databaseIn(dir), { readwrite: true })
  newer.run('PRAGMA user_version = 99')
  expect((await refusalOf(dir)).exitCode).toBe(4)
})

test('[O2] the store makes its directory and files, for its user alone', async () => {
  const dir = join(aDir(), 'deep', 'data')
  const store = await open(dir)
  await say(store, ['hello'])
  const modeOf = (name: string) => (statSync(join(dir, name)).mode & 0o777).toString(8)
  const files = ['hubbub.db', 'hubbub.db-wal', 'hubbub.db-shm', 'lock.db']
  expect(['.', 'tmp', ...files].map(modeOf)).toEqual(['700', '700', ...files.map(() => '600')])
  await store.close()
})

test('[O2] closing leaves one whole file, although another connection reads it; opening empties tmp', async () => {
  const dir = await aClosedStore()
  expect(readdirSync(dir).sort()).toEqual(['hubbub.db', 'lock.db', 'tmp'])
  writeFileSync(join(dir, 'tmp', 'half'), 'x')
  const store = await open(dir)
  expect(readdirSync(join(dir, 'tmp'))).toEqual([])
  using reader = new Database(databaseIn(dir), { readonly: true })
  await say(store, numbered(10))
  expect(reader.query('SELECT count(*) FROM messages').values()).toEqual([[11]])
  await store.close()
  expect(statSync(`${databaseIn(dir)}-wal`).size).toBe(0)
})

test('[O12] a directory that cannot be written, or a file that is no database, is named and left as it is', async () => {
  const dir = aDir()
  writeFileSync(dir, 'a file, no directory')
  const below = await refusalOf(join(dir, 'data'))
  expect([below.exitCode, below.message]).toEqual([1, expect.stringMatching(/data.*DATA_DIR/)])

  const other = aDir()
  mkdirSync(other)
  const letter = 'Dear Ada, '.repeat(1_000)
  writeFileSync(databaseIn(other), letter)
  const { exitCode, message } = await refusalOf(other)
  expect([exitCode, message]).toEqual([1, expect.stringContaining(other)])
  expect(readFileSync(databaseIn(other), 'utf8')).toBe(letter)
})

test('[O12, K34] on a full disk writes fail and reads go on; with free space the same write works', async () => {
  const db = new Database(':memory:', { strict: true })
  const store = openInMemory(db)
  const limitPages = (count: number) => db.run(`PRAGMA max_page_count = ${count}`)
  await say(store, ['before'])
  limitPages(1)
  const said = draft('x'.repeat(8_000))
  expect(await store.commit([said, draft('y')])).toEqual([{ result: 'failed' }, { result: 'failed' }])
  const room = { ...garden, topic: 'x'.repeat(8_000) }
  const refusal: unknown = await store.addRoom(room, 1).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'unavailable' })
  expect(store.diskError).toBe('SQLITE_FULL')
  expect(await store.events('lobby', 0, 9)).toMatchObject([{ text: 'before' }])
  limitPages(1_000)
  expect(await store.commit([said])).toMatchObject([{ result: 'stored', event: { seq: 2 } }])
  expect(store.diskError).toBeNull()
  await store.close()
})

test('[K34, O42] a commit fails while another process holds the database, which is no disk error; sent again it is stored', async () => {
  const dir = aDir()
  const store = await open(dir)
  const other = new Database(databaseIn(dir), { readwrite: true })
  other.run('BEGIN IMMEDIATE')
  const said = draft('held up')
  expect(await store.commit([said])).toEqual([{ result: 'failed' }])
  expect(store.diskError).toBeNull()
  other.close()
  expect(await store.commit([said])).toMatchObject([{ result: 'stored', event: { seq: 1 } }])
  await store.close()
})

test('[P34] the death of the writer is reported at once, and its calls are never answered', async () => {
  const dir = aDir()
  const death = Promise.withResolvers<Error>()
  const workerUrl = new URL('./support/dying.worker.ts', import.meta.url)
  const store = await open(dir, { workerUrl, onDeath: death.resolve })
  await say(store, ['healthy'])
  let isAnswered = false
  void store.commit([draft('poison'), draft('behind it')]).finally(() => (isAnswered = true))
  expect((await death.promise).message).toContain('poisoned')
  expect(await store.events('lobby', 0, 9)).toMatchObject([{ text: 'healthy' }])
  await store.close()
  expect(isAnswered).toBe(false)
  const again = await open(dir)
  expect(await again.room('lobby')).toMatchObject({ head: 1 })
  await again.close()
})

test('[K31] a forgotten guest leaves no row except what they said', async () => {
  const db = new Database(':memory:', { strict: true })
  const store = openInMemory(db)
  await store.addGuest(guest('Ada', { keys: owned('ada', 'ado'), room: 'lobby' }), NEVER)
  await store.endSession('session-ada')
  const tables = ['users', 'sessions', 'name_keys', 'members']
  expect(tables.map((table) => db.query(`SELECT * FROM ${table}`).all())).toEqual([[], [], [], []])
  await store.close()
})

test('[O9] an older database is copied before it is migrated, and the last three copies are kept', async () => {
  const dir = await aClosedStore()
  const before = readFileSync(join(dir, 'hubbub.db'))

  const more = (n: number) => [...MIGRATIONS, ...numbered(n).map((step) => `CREATE TABLE later_${step} (a)`)]
  const first = openForWriting(dir, more(1))
  first.db.close()

  expect(first.from).toBe(SCHEMA)
  expect(readFileSync(first.snapshot ?? '').equals(before)).toBe(true)
  for (let n = 2; n <= 5; n += 1) openForWriting(dir, more(n)).db.close()
  const kept = readdirSync(join(dir, 'snapshots')).map((name) => name.slice(0, 'schema-0000'.length))
  expect(kept.sort()).toEqual([2, 3, 4].map((n) => `schema-${String(SCHEMA + n).padStart(4, '0')}`))
  const last = openForWriting(dir, more(5))
  expect(last).toMatchObject({ from: SCHEMA + 5, snapshot: null })
  expect(last.db.query('SELECT text FROM messages').values()).toEqual([['from before']])
  last.db.close()
})

test('[O9] a failing migration leaves the database byte for byte as it was', async () => {
  const dir = await aClosedStore()
  const before = readFileSync(join(dir, 'hubbub.db'))

  const broken = [...MIGRATIONS, 'DROP TABLE messages', 'CREATE TABLE rooms (a)']
  expect(() => openForWriting(dir, broken)).toThrow(OperatorError)

  expect(readFileSync(join(dir, 'hubbub.db')).equals(before)).toBe(true)
  const again = await open(dir)
  expect(await again.events('lobby', 0, 9)).toMatchObject([{ text: 'from before' }])
  await again.close()
})

test('[K55] reads of one turn of the loop see one moment, and the next turn sees what was written meanwhile', async () => {
  const dir = aTemporaryDir()
  const store = await open(dir)
  using other = new Database(databaseIn(dir), { readwrite: true })
  const topic = async () => (await store.room('lobby'))?.topic
  expect(await topic()).toBe('')
  other.run(`UPDATE rooms SET topic = 'tea'`)
  expect(await topic()).toBe('')
  expect(await store.roomsAfter('', 100)).toMatchObject([{ topic: '' }])
  await new Promise((resolve) => setImmediate(resolve))
  expect(await topic()).toBe('tea')
  await store.close()
})

test('[K55] a write that has been answered is seen by the next read, also right after a read', async () => {
  const store = await open(aTemporaryDir())
  const seen: unknown[] = []
  for (let seq = 1; seq <= 300; seq += 1) {
    let isAnswered = false
    const written = store.commit([draft('text')]).then(async () => {
      isAnswered = true
      seen.push((await store.room('lobby'))?.head)
    })
    while (!isAnswered) {
      await store.room('lobby')
      await Bun.sleep(0)
    }
    await written
  }
  expect(seen).toEqual(numbered(300).map(Number))
  await store.close()
})

test('[K55] reads in every turn do not keep SQLite from resetting the WAL', async () => {
  const dir = aTemporaryDir()
  const store = await open(dir)
  let isWriting = true
  const reading = (async () => {
    while (isWriting) {
      for (let n = 0; n < 20; n += 1) await store.events('lobby', 0, 50)
      await Bun.sleep(0)
    }
  })()
  for (let n = 0; n < 500; n += 1) await store.commit([draft('x'.repeat(300)), draft('y')])
  isWriting = false
  await reading
  expect(statSync(`${databaseIn(dir)}-wal`).size).toBeLessThan(12 * 1024 * 1024)
  await store.close()
}, 60_000)
