import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
  server.kill('SIGKILL')
  await server.exited()
  remove()
})

const NAMES = [
  'healthcheck',
  'backup',
  'restore',
  'export',
  'import',
  'doctor',
  'migrate',
  'compact',
  'version',
]

describe('every command', () => {
  test.each(NAMES)(
    '[O36] `%s --help` says how it is used, exit 0; what it does not know is answered so, exit 2',
    async (name) => {
      const help = await aCommand([name, '--help'])
      expect([help.code, help.err]).toEqual([0, ''])
      expect(help.out).toStartWith(`Usage: hubbub ${name}`)
      expect(help.out).toContain('--json')
      for (const wrong of [['--fly'], ['a', 'b']]) {
        const ran = await aCommand([name, ...wrong], { DATA_DIR: join(dir, 'never') })
        expect([ran.code, ran.err, ran.out]).toEqual([2, help.out, ''])
      }
    },
  )

  test.each(NAMES.filter((name) => !['version', 'doctor'].includes(name)))(
    '[O1] `%s` names every fault of the configuration, exit 1',
    async (name) => {
      const ran = await aCommand([name, 'x'].slice(0, /healthcheck|migrate|compact/.test(name) ? 1 : 2), {
        PORT: 'x',
        LOG_LEVEL: 'y',
        DATA_DIR: join(dir, 'never'),
      })
      expect(ran.code).toBe(1)
      expect(
        ran.err
          .trim()
          .split('\n')
          .map((line) => line.split(' ')[0]),
      ).toEqual(['PORT', 'LOG_LEVEL'])
    },
  )

  test('[O36] the list of them is in `--help`', async () => {
    const { out } = await aCommand(['--help'])
    for (const name of ['serve', ...NAMES]) expect(out).toMatch(new RegExp(`^  ${name} +\\S`, 'm'))
    expect((await aCommand(['serve', '--help'])).out).toBe(out)
    expect(existsSync(join(dir, 'never'))).toBe(false)
  })
})

describe('beside a server', () => {
  test('[O6, O24] `backup` makes a file of the whole chat; with `--keep` older ones go', async () => {
    const first = await aCommand(['backup'], env)
    expect([first.code, first.err]).toEqual([0, ''])
    expect(first.out).toMatch(/^Saved 8 events to \S+\/backups\/hubbub-\S+\.tar\.gz \(\d+\.\d MB\)\.\n$/)
    const second = await aCommand(['backup', '--json', '--keep', '1'], env)
    const { file, events } = JSON.parse(second.out) as { file: string; events: number }
    expect([events, readdirSync(join(data, 'backups'))]).toEqual([8, [file.slice(file.lastIndexOf('/') + 1)]])
    expect((await aCommand(['backup', '--keep', 'all'], env)).code).toBe(2)
  })

  test('[O24, O25] through a pipe into a fresh directory, every log is the same', async () => {
    const made = await aCommand(['backup', '-'], env)
    expect([made.code, made.err]).toEqual([0, expect.stringMatching(/^Saved 8 events to stdout/)])
    const fresh = join(dir, 'fresh')
    const put = await aCommand(['restore', '-', '--json'], { DATA_DIR: fresh }, made.bytes)
    expect([put.code, JSON.parse(put.out)]).toEqual([0, expect.objectContaining({ before: null })])
    expect(logOf(fresh)).toEqual(logOf(data))
  })

  test('[O6] `restore`, `import`, `compact` and `migrate` leave a running server alone, exit 3 or nothing to do', async () => {
    const file = join(dir, 'a.tar.gz')
    await aCommand(['backup', file], env)
    expect(await aCommand(['restore', file], env)).toMatchObject({
      code: 3,
      err: `Another Hubbub is using the data directory ${data}. Stop it first, or set DATA_DIR.\n`,
    })
    expect((await aCommand(['import', file], env)).code).toBe(3)
    expect((await aCommand(['compact'], env)).code).toBe(3)
    expect(await aCommand(['migrate', '--check'], env)).toMatchObject({
      code: 0,
      out: expect.stringContaining('nothing to do'),
    })
  })

  test('[O26] `export` and `import` carry it over by a pipe, and back the same to the byte', async () => {
    const one = await aCommand(['export'], env)
    expect([one.code, one.err]).toEqual([0, 'Wrote 8 events of 1 rooms and 1 people.\n'])
    const other = { DATA_DIR: join(dir, 'other') }
    expect((await aCommand(['import', '-'], other, one.bytes)).code).toBe(0)
    const file = join(dir, 'again.ndjson')
    expect(await aCommand(['export', file, '--json'], other)).toMatchObject({
      code: 0,
      out: '{"users":1,"rooms":1,"events":8}\n',
    })
    expect(readFileSync(file, 'utf8')).toBe(one.out)
    expect((await aCommand(['import', '--rooms-as', 'A B', file], other)).code).toBe(2)
    expect(
      (await aCommand(['import', join(dir, 'nowhere')], { DATA_DIR: join(dir, 'third') })).err,
    ).toContain('nowhere cannot be used')
  })

  test('[O26] who stops reading an export ends it quietly', async () => {
    const ran = Bun.spawnSync(
      [
        'sh',
        '-c',
        '"$0" "$1" export | head -c 10',
        process.execPath,
        join(import.meta.dir, '../../src/main.ts'),
      ],
      { env: { PATH: process.env.PATH ?? '', ...env } },
    )
    expect(ran.stdout.toString()).toBe('{"type":"h')
    expect(ran.stderr.toString()).not.toContain('at ')
  })

  test('[O35, O36] `healthcheck` and `version` speak JSON, too', async () => {
    const { port } = new URL(origin)
    expect(await aCommand(['healthcheck', '--json'], { PORT: port })).toMatchObject({
      code: 0,
      out: '{"ready":true}\n',
    })
    const version = JSON.parse((await aCommand(['version', '--json'])).out) as object
    expect(Object.keys(version)).toEqual(['hubbub', 'bun', 'sqlite', 'schema', 'wire'])
  })
})

test('[O11] every command that opens a newer database says so and exits with 4', async () => {
  const { Database } = await import('bun:sqlite')
  const newer = join(dir, 'newer')
  aDatabase(newer, 1)
  const db = new Database(join(newer, 'hubbub.db'), { readwrite: true })
  db.run('PRAGMA user_version = 999')
  db.close()
  for (const args of [
    ['backup'],
    ['export'],
    ['migrate'],
    ['migrate', '--check'],
    ['import', '-'],
    ['compact'],
  ])
    expect([args[0], (await aCommand(args, { DATA_DIR: newer }, new Uint8Array())).code]).toEqual([
      args[0],
      4,
    ])
})

test('[O9] `migrate --check` says what the next start would do and does nothing; `migrate` does it after a snapshot', async () => {
  const { Database } = await import('bun:sqlite')
  const { MIGRATIONS } = await import('../../src/store/sqlite/migrations.ts')
  const old = join(dir, 'old')
  aDatabase(old, 0)
  const file = join(old, 'hubbub.db')
  writeFileSync(file, '')
  const db = new Database(file, { readwrite: true })
  db.run('PRAGMA auto_vacuum = INCREMENTAL')
  db.run('PRAGMA journal_mode = WAL')
  db.run(MIGRATIONS[0] ?? '')
  db.run('PRAGMA user_version = 1')
  db.close()
  const before = readFileSync(file)
  const checked = await aCommand(['migrate', '--check', '--json'], { DATA_DIR: old })
  expect([checked.code, JSON.parse(checked.out)]).toEqual([
    0,
    { from: 1, to: MIGRATIONS.length, snapshot: null },
  ])
  expect(readFileSync(file).equals(before)).toBe(true)
  const done = await aCommand(['migrate', '--json'], { DATA_DIR: old })
  const { snapshot } = JSON.parse(done.out) as { snapshot: string }
  expect(readFileSync(snapshot).equals(before)).toBe(true)
  expect((await aCommand(['migrate'], { DATA_DIR: old })).out).toContain('nothing to do')
})

test('[O1] a wrong setting ends the start within 200 ms of work, or as soon as this machine starts anything', async () => {
  const bare: number[] = []
  const wrong: number[] = []
  for (let round = 0; round < 4; round += 1) {
    const nothing = Bun.spawn([process.execPath, '-e', '0'])
    await nothing.exited
    bare.push(Number(nothing.resourceUsage()?.cpuTime.total) / 1_000)
    const { code, err, cpu } = await aCommand([], { PORT: 'x', DATA_DIR: join(dir, 'never made') })
    expect([code, err]).toEqual([1, expect.stringContaining('PORT')])
    wrong.push(cpu)
  }
  expect(Math.min(...wrong)).toBeLessThan(Math.max(200, 4 * Math.min(...bare)))
})
