import { Database } from 'bun:sqlite'
import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openForWriting } from '../../src/store/sqlite/database.ts'
import { MIGRATIONS, SCHEMA } from '../../src/store/sqlite/migrations.ts'
import { OperatorError } from '../../src/lib/operatorError.ts'
import { aTemporaryDir, draft, guest, NEVER, numbered, open, say } from './support/scene.ts'

const dirs: string[] = []
const children: Bun.Subprocess[] = []
afterAll(() => {
  for (const child of children) child.kill(9)
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

/** A data directory that does not exist yet. */
function aDir(): string {
  const dir = aTemporaryDir()
  dirs.push(dir)
  return join(dir, 'data')
}

interface Child {
  process: Bun.Subprocess
  /** the next line it prints, or null when it has ended */
  line(): Promise<string | null>
}

function spawn(part: 'hold' | 'write' | 'full', dir: string, run = '', before: string[] = []): Child {
  const command = [...before, process.execPath, join(import.meta.dir, 'support/child.ts'), part, dir, run]
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'inherit' })
  children.push(child)
  const lines = linesOf(child.stdout)
  return { process: child, line: async () => (await lines.next()).value ?? null }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const text of stream) {
    const lines = (rest + decoder.decode(text, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  return undefined
}

/** What opening a directory throws. */
async function refusal(dir: string): Promise<OperatorError> {
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

test('[O8] five times killed in mid-load: nothing acknowledged is lost, nothing is doubled, no hole', async () => {
  const dir = aDir()
  const acknowledged = new Map<string, number>()
  for (let run = 1; run <= 5; run += 1) {
    const child = spawn('write', dir, String(run))
    expect(await child.line()).toBe('open')
    for (let heard = 0, line = await child.line(); line !== null; heard += 1, line = await child.line()) {
      const [nonce = '', seq] = line.split(' ')
      acknowledged.set(nonce, Number(seq))
      if (heard === 100 * run) child.process.kill(9)
    }
    expect(await child.process.exited).not.toBe(0)
  }

  const store = await open(dir)
  const head = (await store.room('lobby'))?.head ?? 0
  const log = []
  while (log.length < head) log.push(...(await store.events('lobby', log.length, 500)))
  await store.close()

  expect(log.map(({ seq }) => seq)).toEqual(numbered(head).map(Number))
  expect(new Set(log.map(({ nonce }) => nonce)).size).toBe(head)
  const stored = new Map(log.map(({ nonce, seq }) => [nonce, seq]))
  const lost = [...acknowledged].filter(([nonce, seq]) => stored.get(nonce) !== seq)
  expect(acknowledged.size).toBeGreaterThan(1_000)
  expect(lost).toEqual([])
  const check = new Database(join(dir, 'hubbub.db'), { readonly: true })
  expect(check.query('PRAGMA integrity_check').values()).toEqual([['ok']])
  check.close()
}, 30_000)

test('[O8] the writer syncs at every commit, overwrites what it deletes, and can give pages back', () => {
  const dir = aDir()
  mkdirSync(dir)
  writeFileSync(join(dir, 'hubbub.db'), '')
  const { db } = openForWriting(dir)
  const pragma = (name: string) => db.query(`PRAGMA ${name}`).values()[0]?.[0]
  expect({
    journal: pragma('journal_mode'),
    synchronous: pragma('synchronous'),
    overwrites: pragma('secure_delete'),
    vacuum: pragma('auto_vacuum'),
  }).toEqual({ journal: 'wal', synchronous: 2, overwrites: 1, vacuum: 2 })
  db.close()
})

/** What something takes at its quickest: other tries may have waited for the machine. Five at most, until it is quick enough. */
async function quickest(enough: number, take: () => Promise<number>): Promise<number> {
  let best = Infinity
  for (let tries = 0; tries < 5 && best > enough; tries += 1) best = Math.min(best, await take())
  return best
}

test('[O6] a second process is refused in no more time than one takes to open, and says which directory is in use', async () => {
  const dir = aDir()
  const began = performance.now()
  const first = spawn('hold', dir)
  expect(await first.line()).toBe('open')
  const opening = performance.now() - began

  const refused = async () => {
    const start = performance.now()
    const second = spawn('hold', dir)
    expect(await second.line()).toContain(dir)
    expect(await second.process.exited).toBe(3)
    return performance.now() - start
  }
  expect(await quickest(1.5 * opening, refused)).toBeLessThanOrEqual(1.5 * opening)

  // A sudden death keeps nobody waiting either.
  first.process.kill(9)
  await first.process.exited
  await (await open(dir)).close()
}, 30_000)

test('[O6] a second store in the same process is refused too, and the first goes on', async () => {
  const dir = aDir()
  const store = await open(dir)
  expect((await refusal(dir)).exitCode).toBe(3)
  expect(spawnSync('hold', dir)).toBe(3)
  expect(await say(store, ['still here'])).toMatchObject([{ result: 'stored' }])
  await store.close()
  await (await open(dir)).close()
})

function spawnSync(part: string, dir: string): number {
  return Bun.spawnSync([process.execPath, join(import.meta.dir, 'support/child.ts'), part, dir]).exitCode
}

test('[O11] a newer database is refused in a sentence, and no byte is written', async () => {
  const dir = aDir()
  await (await open(dir)).close()
  const newer = new Database(join(dir, 'hubbub.db'), { readwrite: true })
  newer.run('PRAGMA user_version = 99')
  newer.run('PRAGMA wal_checkpoint(TRUNCATE)')
  newer.close()
  mkdirSync(join(dir, 'snapshots'))
  writeFileSync(join(dir, 'snapshots', 'schema-0001-2026-01-01T000000.000Z.db'), '')
  writeFileSync(join(dir, 'tmp', 'half'), 'x')
  const before = contents(dir)

  const { exitCode, message } = await refusal(dir)

  expect(exitCode).toBe(4)
  expect(message).toContain('schema 99')
  expect(message).toContain('snapshots/schema-0001-2026-01-01T000000.000Z.db')
  expect(contents(dir)).toEqual(before)
})

test('[O11] a newer schema that only the WAL knows is refused as well', async () => {
  const dir = aDir()
  await (await open(dir)).close()
  const newer = new Database(join(dir, 'hubbub.db'), { readwrite: true })
  newer.run('PRAGMA user_version = 99')
  expect((await refusal(dir)).exitCode).toBe(4)
  newer.close()
})

test('[O2] an empty directory is enough; what is made in it is for its user alone', async () => {
  const dir = join(aDir(), 'deep', 'data')
  const store = await open(dir)
  await say(store, ['hello'])
  const modes = ['.', 'hubbub.db', 'hubbub.db-wal', 'hubbub.db-shm', 'lock.db', 'tmp'].map((name) => [
    name,
    (statSync(join(dir, name)).mode & 0o777).toString(8),
  ])
  expect(Object.fromEntries(modes)).toEqual({
    '.': '700',
    'hubbub.db': '600',
    'hubbub.db-wal': '600',
    'hubbub.db-shm': '600',
    'lock.db': '600',
    tmp: '700',
  })
  await store.close()
})

test('[O2] closing leaves one whole file, and opening empties tmp', async () => {
  const dir = aDir()
  const store = await open(dir)
  await say(store, numbered(10))
  await store.close()
  expect(readdirSync(dir).sort()).toEqual(['hubbub.db', 'lock.db', 'tmp'])
  writeFileSync(join(dir, 'tmp', 'half'), 'x')
  await (await open(dir)).close()
  expect(readdirSync(join(dir, 'tmp'))).toEqual([])
})

test('[O2] closing writes everything into the main file also beside somebody who reads it', async () => {
  const dir = aDir()
  const store = await open(dir)
  const other = new Database(join(dir, 'hubbub.db'), { readonly: true })
  await say(store, numbered(10))
  expect(other.query('SELECT count(*) FROM messages').values()).toEqual([[10]])
  await store.close()
  expect(statSync(join(dir, 'hubbub.db-wal')).size).toBe(0)
  other.close()
})

test('[O12] a directory that cannot be written is named in one kind sentence', async () => {
  const dir = aDir()
  writeFileSync(dir, 'a file, no directory')
  const below = join(dir, 'data')
  const { exitCode, message } = await refusal(below)
  expect(exitCode).toBe(1)
  expect(message).toContain(below)
  expect(message).toContain('DATA_DIR')
})

test('[O12] a database that is none is refused and left as it is', async () => {
  const dir = aDir()
  mkdirSync(dir)
  const letter = 'Dear Ada, '.repeat(1_000)
  writeFileSync(join(dir, 'hubbub.db'), letter)
  const { exitCode, message } = await refusal(dir)
  expect(exitCode).toBe(1)
  expect(message).toContain(dir)
  expect(readFileSync(join(dir, 'hubbub.db'), 'utf8')).toBe(letter)
})

const small = ['unshare', '-Urm', 'sh', '-c', 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"']
const canMount = Bun.which('unshare') !== null && Bun.spawnSync([...small, '/tmp', 'true']).exitCode === 0
if (!canMount) console.log('SKIPPED [O12] on a full disk: this machine lets nobody mount a tmpfs')

test.skipIf(!canMount)(
  '[O12, K34] on a full disk sends fail, reading goes on, and room alone heals it',
  async () => {
    const dir = aDir()
    mkdirSync(dir)
    const child = spawn('full', join(dir, 'data'), '', [...small, dir])
    expect(await child.line()).toBe('open')
    expect(JSON.parse((await child.line()) ?? '')).toEqual({
      during: {
        results: ['failed', 'failed'],
        other: 'unavailable',
        trouble: 'SQLITE_FULL',
        read: 1,
        whole: true,
      },
      after: 'stored',
      next: true,
      trouble: null,
    })
    expect(await child.process.exited).toBe(0)
  },
)

test('[K34, O42] a commit fails while another process holds the database, which is no disk error; sent again it is stored', async () => {
  const dir = aDir()
  const store = await open(dir)
  const other = new Database(join(dir, 'hubbub.db'), { readwrite: true })
  other.run('BEGIN IMMEDIATE')
  const said = draft('held up')
  expect(await store.commit([said])).toEqual([{ result: 'failed' }])
  expect(store.diskError).toBeNull()
  other.close()
  expect(await store.commit([said])).toMatchObject([{ result: 'stored', event: { seq: 1 } }])
  await store.close()
})

test('[P34] a writer that dies is told at once; what was asked of it is never called stored or failed', async () => {
  const dir = aDir()
  const death = Promise.withResolvers<Error>()
  const workerUrl = new URL('./support/dying.worker.ts', import.meta.url)
  const store = await open(dir, { workerUrl, onDeath: death.resolve })
  await say(store, ['healthy'])

  let answered = false
  void store.commit([draft('poison'), draft('behind it')]).finally(() => (answered = true))

  expect((await death.promise).message).toContain('poisoned')
  expect(await store.events('lobby', 0, 9)).toMatchObject([{ text: 'healthy' }])
  await store.close()
  expect(answered).toBe(false)
  const again = await open(dir)
  expect(await again.room('lobby')).toMatchObject({ head: 1 })
  await again.close()
})

test('[K31] who is forgotten leaves no row behind but what they said', async () => {
  const dir = aDir()
  const store = await open(dir)
  await store.addGuest(guest('Ada', { keys: ['ada', 'ado'] }), NEVER)
  await store.addMember('lobby', 'id-ada', 'guest', 1)
  await store.endSession('session-ada')
  await store.close()

  const db = new Database(join(dir, 'hubbub.db'), { readonly: true })
  const rows = ['users', 'sessions', 'name_keys', 'members'].map((table) =>
    db.query(`SELECT * FROM ${table}`).all(),
  )
  expect(rows).toEqual([[], [], [], []])
  db.close()
})

test('[O9] an older database is copied before it is migrated, and the last three copies stay', async () => {
  const dir = aDir()
  const store = await open(dir)
  await say(store, ['from before'])
  await store.close()
  const before = readFileSync(join(dir, 'hubbub.db'))

  const more = (n: number) => [...MIGRATIONS, ...numbered(n).map((step) => `CREATE TABLE later_${step} (a)`)]
  const first = openForWriting(dir, more(1))
  first.db.close()

  expect(first.from).toBe(SCHEMA)
  expect(readFileSync(first.snapshot ?? '').equals(before)).toBe(true)
  for (let n = 2; n <= 5; n += 1) openForWriting(dir, more(n)).db.close()
  const kept = readdirSync(join(dir, 'snapshots')).map((name) => name.slice(0, 'schema-0000'.length))
  expect(kept.sort()).toEqual([2, 3, 4].map((n) => `schema-000${SCHEMA + n}`))
  const last = openForWriting(dir, more(5))
  expect(last).toMatchObject({ from: SCHEMA + 5, snapshot: null })
  expect(last.db.query('SELECT text FROM messages').values()).toEqual([['from before']])
  last.db.close()
})

test('[O9] a step that fails leaves the database byte for byte as it was', async () => {
  const dir = aDir()
  const store = await open(dir)
  await say(store, ['from before'])
  await store.close()
  const before = readFileSync(join(dir, 'hubbub.db'))

  const broken = [...MIGRATIONS, 'DROP TABLE messages', 'CREATE TABLE rooms (a)']
  expect(() => openForWriting(dir, broken)).toThrow(OperatorError)

  expect(readFileSync(join(dir, 'hubbub.db')).equals(before)).toBe(true)
  const again = await open(dir)
  expect(await again.events('lobby', 0, 9)).toMatchObject([{ text: 'from before' }])
  await again.close()
})
