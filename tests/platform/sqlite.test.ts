import { Database, SQLiteError } from 'bun:sqlite'
import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const dir = mkdtempSync(join(tmpdir(), 'hubbub-platform-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Takes an exclusive lock as the store does, and forgets all about it. */
function lockAndForget(file: string): void {
  new Database(file, { create: true, readwrite: true }).run('BEGIN EXCLUSIVE')
}

/** 'free' or SQLite's code of why not. */
function tryLock(file: string): string {
  const db = new Database(file, { create: true, readwrite: true })
  try {
    db.run('BEGIN EXCLUSIVE')
    return 'free'
  } catch (error) {
    return error instanceof SQLiteError ? (error.code ?? '') : String(error)
  } finally {
    db.close()
  }
}

test('[P34] a throw or a rejection ends a worker: error, then close; what is posted later vanishes in silence', async () => {
  for (const last of ["throw new Error('the end')", "Promise.reject(new Error('the end'))"]) {
    const script = `self.onmessage = ({ data }) => { if (data === 'die') { ${last} } else postMessage(data) }`
    const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
    const worker = new Worker(url)
    const heard: string[] = []
    const closed = Promise.withResolvers<void>()
    worker.onmessage = ({ data }: MessageEvent<string>) => {
      heard.push(data)
      worker.postMessage('die')
    }
    worker.addEventListener('error', ({ message }) =>
      heard.push(message.includes('the end') ? 'error' : message),
    )
    worker.addEventListener('close', () => {
      heard.push('close')
      closed.resolve()
    })
    worker.postMessage('alive')
    await closed.promise
    worker.postMessage('after')
    expect(heard).toEqual(['alive', 'error', 'close'])
  }
})

test('[P34] a worker that listens to nothing more ends by itself', async () => {
  const script = "self.onmessage = () => { postMessage('bye'); self.onmessage = null }"
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })))
  const heard: string[] = []
  const closed = Promise.withResolvers<void>()
  worker.onmessage = ({ data }: MessageEvent<string>) => heard.push(data)
  worker.addEventListener('error', () => heard.push('error'))
  worker.addEventListener('close', () => closed.resolve())
  worker.postMessage('leave')
  await closed.promise
  expect(heard).toEqual(['bye'])
})

test('[P36] a lock is held while its Database is referred to, and gone without a word when it is not', async () => {
  const held = new Database(join(dir, 'held.db'), { create: true, readwrite: true })
  held.run('BEGIN EXCLUSIVE')
  lockAndForget(join(dir, 'lost.db'))
  const deadline = Date.now() + 10_000
  while (tryLock(join(dir, 'lost.db')) !== 'free') {
    if (Date.now() > deadline) throw new Error('it was not collected')
    Bun.gc(true)
    await Bun.sleep(1)
  }
  expect(tryLock(join(dir, 'held.db'))).toBe('SQLITE_BUSY')
  held.close()
  expect(tryLock(join(dir, 'held.db'))).toBe('free')
})

const outcome = { during: true, after: 'ok', rows: true, check: 'ok' }
const script = join(import.meta.dir, 'fullDisk.ts')
const onTmpfs = ['unshare', '-Urm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"', dir]
const canMount = Bun.which('unshare') !== null && Bun.spawnSync([...onTmpfs, 'true']).exitCode === 0
if (!canMount) console.log('SKIPPED [P37] no space: this machine lets nobody mount a tmpfs')

test.skipIf(!canMount)('[P37] no space is SQLITE_FULL; reads go on, and writes once there is room', () => {
  const child = Bun.spawnSync([...onTmpfs, process.execPath, script, dir])
  expect(JSON.parse(child.stdout.toString())).toEqual({ trouble: 'SQLITE_FULL', ...outcome })
})

const limited = ['sh', '-c', 'ulimit -S -f 400 && exec "$@"', 'sh']
const canLimit = Bun.which('prlimit') !== null && Bun.spawnSync([...limited, 'true']).exitCode === 0
if (!canLimit) console.log('SKIPPED [P37] limited file size: prlimit is missing')

test.skipIf(!canLimit)('[P37] a file that may not grow is SQLITE_IOERR_WRITE, and heals as well', () => {
  const child = Bun.spawnSync([...limited, process.execPath, script, dir])
  expect(JSON.parse(child.stdout.toString())).toEqual({ trouble: 'SQLITE_IOERR_WRITE', ...outcome })
})

test('[P39] VACUUM INTO copies a live file whole; closing removes the WAL; 20,000 inserts are one transaction', () => {
  const file = join(dir, 'live.db')
  const db = new Database(file, { create: true, readwrite: true })
  db.run('PRAGMA journal_mode = WAL')
  db.run('CREATE TABLE a (b INTEGER)')
  const insert = db.query('INSERT INTO a VALUES (?)')
  db.transaction(() => {
    for (let n = 0; n < 20_000; n += 1) insert.run(n)
  }).immediate()
  const reader = new Database(file, { readonly: true })

  db.run('BEGIN IMMEDIATE')
  db.run('INSERT INTO a VALUES (-1)')
  reader.run('VACUUM INTO ?', [join(dir, 'copy.db')])
  db.run('COMMIT')

  const copy = new Database(join(dir, 'copy.db'), { readonly: true })
  expect(copy.query('SELECT count(*), min(b) FROM a').values()).toEqual([[20_000, 0]])
  expect(copy.query('PRAGMA integrity_check').values()).toEqual([['ok']])
  copy.close()
  expect(existsSync(`${file}-wal`)).toBe(true)
  reader.close()
  db.close()
  expect(existsSync(`${file}-wal`)).toBe(false)
})

describe('full text', () => {
  const db = new Database(':memory:', { strict: true })
  db.run("CREATE VIRTUAL TABLE words USING fts5(text, tokenize = 'unicode61 remove_diacritics 2')")
  db.run("CREATE VIRTUAL TABLE parts USING fts5(text, tokenize = 'trigram')")
  for (const table of ['words', 'parts'])
    db.run(`INSERT INTO ${table} VALUES ('Grüße aus dem Garten'), ('garden party'), ('say "a""b" twice')`)
  const found = (table: string, what: string) =>
    db
      .query<{ text: string }, { what: string }>(`SELECT text FROM ${table} WHERE text MATCH $what`)
      .all({ what })

  test('[P38] FTS5 and trigrams are built in; a trigram needs three characters', () => {
    expect(found('words', '"grusse" OR "gruße"').map(({ text }) => text)).toEqual(['Grüße aus dem Garten'])
    expect(found('parts', '"arde"').map(({ text }) => text)).toEqual(['garden party'])
    expect(found('parts', '"ar"')).toEqual([])
  })

  test('[P38] raw text in MATCH fails, quoted it is found', () => {
    expect(() => found('words', 'a"b')).toThrow(SQLiteError)
    expect(found('words', '"a""b"')).toHaveLength(1)
  })

  test('[P38] a missing parameter throws', () => {
    const query = db.query<unknown, Record<string, string>>('SELECT $what')
    expect(() => query.all({ other: 'x' })).toThrow()
  })
})
