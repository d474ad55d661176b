import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../../src/operator/doctor.ts'
import { SCHEMA } from '../../src/store/sqlite/migrations.ts'
import { aCommand } from '../support/server/aCommand.ts'
import { aDatabase } from '../support/server/aDatabase.ts'
import { aServer, aTemporaryDir } from '../support/server/aServer.ts'

setDefaultTimeout(30_000)

const { dir, remove } = aTemporaryDir()
afterAll(remove)

let directories = 0
type Change = (path: string, db: Database) => unknown
/** A healthy directory, then changed. */
function aDirectory(change: Change = () => {}): string {
  directories += 1
  const path = join(dir, String(directories))
  aDatabase(path, 200)
  const db = new Database(join(path, 'hubbub.db'), { readwrite: true })
  change(path, db)
  db.close()
  return path
}

interface Options {
  env?: Record<string, string>
  args?: string[]
  /** a program that runs the command, such as `unshare` */
  under?: string[]
}
async function doctor(path: string, { env = {}, args = [], under = [] }: Options = {}) {
  const command = ['doctor', '--json', ...args]
  const ran = await aCommand(command, { DATA_DIR: path, ...env }, 'ignore', under)
  const { healthy, found } = JSON.parse(ran.out) as { healthy: boolean; found: Finding[] }
  const lines = (verdict: Finding['verdict']) =>
    found.filter((one) => one.verdict === verdict).map(({ check, say }) => `${check}: ${say}`)
  const faults = lines('fault')
  expect([ran.code, healthy]).toEqual(faults.length === 0 ? [0, true] : [1, false])
  return { faults, warnings: lines('warning'), ok: lines('ok'), cpu: ran.cpu }
}

/** Every file with its time, mode and content. */
function snapshotOf(path: string): string[] {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const { mtimeMs, mode } = statSync(join(parentPath, name))
      return `${name} ${mtimeMs} ${mode} ${Bun.hash(readFileSync(join(parentPath, name)))}`
    })
}

/** Answers HTTP at an address of its own, and never upgrades. */
function aBrokenProxy(answer: (url: string) => Response) {
  return Bun.serve({ port: 0, hostname: '127.0.0.1', reusePort: false, fetch: ({ url }) => answer(url) })
}

test('[O28, O29] a healthy directory has no fault, its size is shown, and doctor takes under 5 s and changes nothing', async () => {
  const path = aDirectory()
  const before = snapshotOf(path)
  const { faults, ok, cpu } = await doctor(path, { env: { PUBLIC_URL: 'https://chat.example.com' } })
  expect(faults).toEqual([])
  expect(ok.join()).toMatch(/200 events, none missing/)
  expect(ok.join()).toMatch(/space: \d+ MB used, \d+ MB free/)
  expect(cpu).toBeLessThan(5_000)
  expect(snapshotOf(path)).toEqual(before)
  expect((await aCommand(['doctor'], { DATA_DIR: path })).out).toEndWith('Nothing is wrong.\n')
})

test('[O29] before the first start there is no fault, and doctor creates nothing', async () => {
  expect((await doctor(join(dir, 'never'))).faults).toEqual([])
  expect(readdirSync(dir)).not.toContain('never')
})

const file =
  (name: string, text: string): Change =>
  (path) =>
    writeFileSync(join(path, name), text, { mode: 0o600 })
const statement =
  (sql: string): Change =>
  (_, db) =>
    db.run(sql)
const PLANTED: [what: string, change: Change, says: RegExp, options?: Options][] = [
  ['a directory that others can change', (path) => chmodSync(path, 0o777), /^directory: .*chmod 700/],
  [
    'a database that others can read',
    (path) => chmodSync(join(path, 'hubbub.db'), 0o644),
    /^files: .*chmod 600/,
  ],
  [
    'a damaged page',
    (path) => {
      const content = readFileSync(join(path, 'hubbub.db'))
      writeFileSync(join(path, 'hubbub.db'), content.fill(0x55, 6 * 4_096, 8 * 4_096))
    },
    /^database: .*is damaged: stop the server.*hubbub restore/,
  ],
  [
    'a file that is no database',
    file('hubbub.db', 'a shopping list '.repeat(600)),
    /^database: .*is damaged/,
  ],
  [
    'a hole in a log',
    statement('DELETE FROM events WHERE seq = 100'),
    /^logs: .*room lobby has a hole.*hubbub restore/,
  ],
  ['a room that is behind its log', statement('UPDATE rooms SET seq = 150'), /^logs: .*room lobby/],
  ['a newer schema', statement(`PRAGMA user_version = ${SCHEMA + 5}`), /^schema: .*start a newer release/],
  [
    'a message from tomorrow',
    statement('UPDATE events SET at = (unixepoch() + 86400) * 1000 WHERE seq = 200'),
    /^clock: .*14(39|40) minutes ahead.*NTP/,
  ],
  [
    'an overdue backup',
    (path) => {
      mkdirSync(join(path, 'backups'))
      writeFileSync(join(path, 'backups/hubbub-2026-01-02T030405.000Z.tar.gz'), '')
    },
    /^backup: The last backup is [\d.]+ hours old, though one is due every 24 hours/,
    { env: { BACKUP_HOURS: '24' } },
  ],
  ['a damaged lock', file('lock.db', 'x'.repeat(5_000)), /^lock: .*remove it/],
  [
    'an address without a server',
    () => {},
    /^url: Nobody answers at http:\/\/127\.0\.0\.1:1: /,
    { args: ['--url', 'http://127.0.0.1:1'] },
  ],
]
test.each(PLANTED)('[O29] doctor finds %s and says what to do', async (_what, change, says, options = {}) => {
  expect((await doctor(aDirectory(change), options)).faults).toEqual([expect.stringMatching(says)])
})

test.each<[Record<string, string>, RegExp | null]>([
  [{ PUBLIC_URL: 'https://home.example:8443', HSTS_SECONDS: '600' }, /HSTS_SECONDS holds for every port/],
  [{ PUBLIC_URL: 'http://home.example', HSTS_SECONDS: '600' }, /HSTS_SECONDS has no effect/],
  [{ PUBLIC_URL: 'https://home.example', HSTS_SECONDS: '600' }, null],
  [{ PUBLIC_URL: 'https://home.example:8443' }, null],
])('[S81] doctor on %p', async (env, says) => {
  const { out } = await aCommand(['doctor'], { ...env, DATA_DIR: aDirectory() })
  expect(/HSTS.*/.exec(out)?.[0] ?? null).toEqual(says === null ? null : expect.stringMatching(says))
})

test('[O29] doctor names every wrong setting, and examines the directory all the same', async () => {
  const path = aDirectory((path) => chmodSync(path, 0o777))
  const { faults } = await doctor(path, { env: { PORT: '99999', PUBLIC_URL: 'chat.example' } })
  expect(faults.map((fault) => fault.split(/ (?:accepts|users) /)[0])).toEqual([
    'configuration: PORT',
    'configuration: PUBLIC_URL',
    'directory: Other',
  ])
})

const canMount = process.getuid?.() === 0 && Bun.spawnSync(['unshare', '-m', 'true']).exitCode === 0
if (!canMount) console.log('SKIPPED [O29] a small disk: mounting needs unshare and root')
test.skipIf(!canMount).each([
  ['nearly full', 'size=60m,mode=700', /^space: .*below 67 MB nothing is stored any more/],
  ['read-only', 'size=100m,mode=700,ro', /^directory: .*cannot be written/],
])('[O29] doctor finds a disk that is %s', async (_what, options, says) => {
  const mount = `mount -t tmpfs -o ${options} tmpfs ${dir} && exec "$@"`
  const { faults } = await doctor(dir, { under: ['unshare', '-m', 'sh', '-c', mount, 'sh'] })
  expect(faults).toEqual([expect.stringMatching(says)])
})

test('[O42] a database that another process holds is not called damaged', async () => {
  const path = aDirectory()
  const other = new Database(join(path, 'hubbub.db'), { readwrite: true })
  other.run('PRAGMA locking_mode = EXCLUSIVE')
  other.run('BEGIN EXCLUSIVE')
  expect((await doctor(path)).faults).toEqual([
    expect.stringMatching(/^database: Another process holds .*hubbub\.db \(SQLITE_BUSY\): try again/),
  ])
  other.close()
})

describe('--url', () => {
  test.each(['http://ada:s3cret@127.0.0.1:1/?token=s3cret', 'ada:s3cret@host', 'ftp://ada:s3cret@host'])(
    '[O29, S33] the password in %s is not printed',
    async (url) => {
      const { code, out, err } = await aCommand(['doctor', '--url', url], { DATA_DIR: join(dir, 'none') })
      expect(code).toBe(1)
      expect(out + err).not.toContain('s3cret')
    },
  )

  test('[O6, O29] doctor finds the running server and connects as a page would', async () => {
    const path = aDirectory()
    await using server = await aServer({ DATA_DIR: path })
    const origin = await server.ready()
    const { faults, ok } = await doctor(path, { args: ['--url', origin] })
    expect(faults).toEqual([])
    expect(ok).toContain('lock: A server is running on this directory.')
    expect(ok).toContain(`socket: A socket gets in at ${origin}.`)
  })

  test.each([
    [200, /^socket: No socket gets in at .* let the proxy pass upgrades/],
    [502, /^url: .* answers 502: is Hubbub running/],
  ])(
    '[O29] a proxy whose /readyz answers %d and which passes no upgrade is a fault',
    async (status, says) => {
      const proxy = aBrokenProxy(
        (url) => new Response(null, { status: url.endsWith('/readyz') ? status : 400 }),
      )
      const { faults } = await doctor(aDirectory(), { args: ['--url', proxy.url.origin] })
      expect(faults[0]).toMatch(says)
      await proxy.stop(true)
    },
  )

  test('[O29, S18] a proxy that TRUST_PROXY does not name is a warning', async () => {
    const proxy = aBrokenProxy(() => new Response(null, { headers: { server: 'nginx/1.22.1' } }))
    const path = aDirectory()
    const isWarned = async (env: Record<string, string>) => {
      const { warnings } = await doctor(path, { env, args: ['--url', proxy.url.origin] })
      return warnings.some((line) => /^proxy: A proxy \(nginx\).*TRUST_PROXY/.test(line))
    }
    expect([await isWarned({}), await isWarned({ TRUST_PROXY: 'none' })]).toEqual([true, true])
    expect(await isWarned({ TRUST_PROXY: '1' })).toBe(false)
    await proxy.stop(true)
  })
})
