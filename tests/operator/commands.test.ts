import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrate, MIGRATIONS } from '../../src/store/sqlite/migrations.ts'
import { aDatabase, logOf } from '../support/server/aDatabase.ts'
import { aCommand } from '../support/server/aCommand.ts'
import { aGuest } from '../support/client/anApp.ts'
import { aServer, aTemporaryDir, type ServerProcess } from '../support/server/aServer.ts'

setDefaultTimeout(30_000)

const { dir, remove } = aTemporaryDir()
const data = join(dir, 'data')
const env = { DATA_DIR: data }
let server: ServerProcess
let origin = ''
beforeAll(async () => {
  server = await aServer(env)
  origin = await server.ready()
  const socket = await (await aGuest(origin, 'Ada')).enter('lobby')
  for (let at = 1; at <= 8; at++) {
    socket.send({ type: 'send', room: 'lobby', nonce: `n-000000${at}`, text: `canary ${at}` })
    await socket.hears('ack', ({ nonce }) => nonce === `n-000000${at}`)
  }
  socket.close()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  remove()
})

const NAMES = 'healthcheck backup restore export import doctor migrate compact version'.split(' ')

describe('every command', () => {
  test.each(NAMES)(
    '[O36] `%s` prints its usage for --help, and for an unknown option with exit 2',
    async (name) => {
      const help = await aCommand([name, '--help'])
      expect([help.code, help.err]).toEqual([0, ''])
      expect(help.out).toStartWith(`Usage: hubbub ${name}`)
      expect(help.out).toContain('--json')
      expect(await aCommand([name, '--fly'])).toMatchObject({ code: 2, err: help.out, out: '' })
    },
  )

  test('[O36] a missing argument, or one too many, prints the usage with exit 2', async () => {
    for (const args of [['restore'], ['backup', 'a', 'b'], ['version', 'a']])
      expect(await aCommand(args)).toMatchObject({
        code: 2,
        err: expect.stringContaining('Usage: '),
        out: '',
      })
  })

  test('[O1] a command names every fault of the configuration, exit 1', async () => {
    const ran = await aCommand(['backup'], { PORT: 'x', LOG_LEVEL: 'y', DATA_DIR: join(dir, 'never') })
    expect([ran.code, ran.err]).toEqual([1, expect.stringMatching(/^PORT .*\nLOG_LEVEL .*\n$/)])
  })

  test('[O36] `--help` lists the commands, and an unknown command prints this list with exit 2', async () => {
    const { out } = await aCommand(['--help'])
    for (const name of ['serve', ...NAMES]) expect(out).toMatch(new RegExp(`^  ${name} +\\S`, 'm'))
    expect((await aCommand(['serve', '--help'])).out).toBe(out)
    expect(await aCommand(['bakcup'])).toMatchObject({ code: 2, err: out, out: '' })
    expect(existsSync(join(dir, 'never'))).toBe(false)
  })
})

describe('beside a server', () => {
  test('[O6, O24] `backup` saves the whole chat into a file; `--keep` removes older ones', async () => {
    const first = await aCommand(['backup'], env)
    expect([first.code, first.err]).toEqual([0, ''])
    expect(first.out).toMatch(/^Saved 8 events to \S+\/backups\/hubbub-\S+\.tar\.gz \(\d+\.\d MB\)\.\n$/)
    const second = await aCommand(['backup', '--json', '--keep', '1'], env)
    const { file, events } = JSON.parse(second.out) as { file: string; events: number }
    expect([events, readdirSync(join(data, 'backups'))]).toEqual([8, [file.slice(file.lastIndexOf('/') + 1)]])
    expect((await aCommand(['backup', '--keep', 'all'], env)).code).toBe(2)
  })

  test('[O24, O25] a backup through a pipe restores every log', async () => {
    const saved = await aCommand(['backup', '-'], env)
    expect([saved.code, saved.err]).toEqual([0, expect.stringMatching(/^Saved 8 events to stdout/)])
    const fresh = join(dir, 'fresh')
    const restored = await aCommand(['restore', '-', '--json'], { DATA_DIR: fresh }, saved.bytes)
    expect([restored.code, JSON.parse(restored.out)]).toEqual([0, expect.objectContaining({ before: null })])
    expect(logOf(fresh)).toEqual(logOf(data))
  })

  test('[O6] `restore`, `import`, `compact` and `migrate` leave a running server alone', async () => {
    const file = join(dir, 'a.tar.gz')
    await aCommand(['backup', file], env)
    expect(await aCommand(['restore', file], env)).toMatchObject({
      code: 3,
      err: `Another Hubbub is using the data directory ${data}. Stop it first, or set DATA_DIR.\n`,
    })
    expect((await aCommand(['import', file], env)).code).toBe(3)
    expect((await aCommand(['compact'], env)).code).toBe(3)
    const checked = await aCommand(['migrate', '--check'], env)
    expect(checked).toMatchObject({ code: 0, out: expect.stringContaining('nothing to do') })
  })

  test('[O26] an imported export is exported the same, byte for byte', async () => {
    const exported = await aCommand(['export'], env)
    expect([exported.code, exported.err]).toEqual([0, 'Wrote 8 events of 1 rooms and 1 people.\n'])
    const other = { DATA_DIR: join(dir, 'other') }
    expect((await aCommand(['import', '-'], other, exported.bytes)).code).toBe(0)
    const file = join(dir, 'again.ndjson')
    const again = await aCommand(['export', file, '--json'], other)
    expect(again).toMatchObject({ code: 0, out: '{"users":1,"rooms":1,"events":8}\n' })
    expect(readFileSync(file, 'utf8')).toBe(exported.out)
    expect((await aCommand(['import', '--rooms-as', 'A B', file], other)).code).toBe(2)
    const missing = await aCommand(['import', join(dir, 'nowhere')], { DATA_DIR: join(dir, 'third') })
    expect(missing.err).toContain('nowhere cannot be used')
  })

  test('[O26] an export whose reader ends early ends without a stack trace', async () => {
    const main = join(import.meta.dir, '../../src/main.ts')
    const command = ['sh', '-c', '"$0" "$1" export | head -c 10', process.execPath, main]
    const ran = Bun.spawnSync(command, { env: { PATH: process.env.PATH ?? '', ...env } })
    expect(ran.stdout.toString()).toBe('{"type":"h')
    expect(ran.stderr.toString()).not.toContain('at ')
  })

  test('[O35, O36] `healthcheck --json` and `version --json` print JSON', async () => {
    const health = await aCommand(['healthcheck', '--json'], { PORT: new URL(origin).port })
    expect(health).toMatchObject({ code: 0, out: '{"ready":true}\n' })
    const version = JSON.parse((await aCommand(['version', '--json'])).out) as object
    expect(Object.keys(version)).toEqual(['hubbub', 'bun', 'sqlite', 'schema', 'wire'])
  })
})

test.each(['backup', 'export', 'migrate', 'migrate --check', 'import -', 'compact'])(
  '[O11] `%s` refuses a newer database, exit 4',
  async (command) => {
    const newer = join(dir, `newer ${command}`)
    aDatabase(newer, 0)
    const db = new Database(join(newer, 'hubbub.db'), { readwrite: true })
    db.run(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)
    db.close()
    expect((await aCommand(command.split(' '), { DATA_DIR: newer }, new Uint8Array())).code).toBe(4)
  },
)

test('[O9] `migrate --check` changes nothing; `migrate` takes a snapshot and brings the database up to date', async () => {
  const old = join(dir, 'old')
  mkdirSync(old)
  const file = join(old, 'hubbub.db')
  const db = new Database(file)
  db.run('PRAGMA auto_vacuum = INCREMENTAL')
  db.run('PRAGMA journal_mode = WAL')
  migrate(db, MIGRATIONS.slice(0, 1))
  db.close()
  const before = readFileSync(file)
  const checked = await aCommand(['migrate', '--check', '--json'], { DATA_DIR: old })
  expect(checked.code).toBe(0)
  expect(JSON.parse(checked.out)).toEqual({ from: 1, to: MIGRATIONS.length, snapshot: null })
  expect(readFileSync(file).equals(before)).toBe(true)
  const done = await aCommand(['migrate', '--json'], { DATA_DIR: old })
  const { snapshot } = JSON.parse(done.out) as { snapshot: string }
  expect(readFileSync(snapshot).equals(before)).toBe(true)
  expect((await aCommand(['migrate'], { DATA_DIR: old })).out).toContain('nothing to do')
})
