import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SCHEMA } from '../../src/store/sqlite/migrations.ts'
import { aCommand, type Ran } from '../support/server/aCommand.ts'
import { aDatabase } from '../support/server/aDatabase.ts'
import { aServer, aTemporaryDir } from '../support/server/aServer.ts'

setDefaultTimeout(30_000)

const { dir, remove } = aTemporaryDir()
afterAll(remove)

let made = 0
/** A healthy directory, and with `change` no more. */
function aDirectory(change: (db: Database, path: string) => void = () => undefined): string {
  made += 1
  const path = join(dir, String(made))
  aDatabase(path, 200)
  const db = new Database(join(path, 'hubbub.db'), { readwrite: true })
  change(db, path)
  db.close()
  return path
}

interface Report {
  healthy: boolean
  found: { check: string; verdict: string; say: string }[]
}
async function doctor(path: string, env: Record<string, string> = {}, ...args: string[]) {
  const ran = await aCommand(['doctor', '--json', ...args], { DATA_DIR: path, ...env })
  return { ...ran, faults: faultsOf(ran) }
}
function faultsOf(ran: Ran): string[] {
  const report = JSON.parse(ran.out) as Report
  const faults = report.found.filter(({ verdict }) => verdict === 'fault')
  expect([ran.code, report.healthy]).toEqual(faults.length === 0 ? [0, true] : [1, false])
  return faults.map(({ check, say }) => `${check}: ${say}`)
}
/** Name, size, time and content of every file, to see that nothing was touched. */
function traces(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const file = join(parentPath, name)
      const { mtimeMs, mode } = statSync(file)
      return `${file} ${mtimeMs} ${mode} ${Bun.hash(readFileSync(file))}`
    })
    .sort()
}

test('[O29] of a healthy directory it finds nothing wrong, with less than five seconds of work, and changes nothing', async () => {
  const path = aDirectory()
  const before = traces(path)
  const ran = await doctor(path, { PUBLIC_URL: 'https://chat.example.com' })
  expect(ran.faults).toEqual([])
  expect(ran.cpu).toBeLessThan(5_000)
  expect(traces(path)).toEqual(before)
  const words = await aCommand(['doctor'], { DATA_DIR: path })
  expect(words.out).toEndWith('Nothing is wrong.\n')
  expect(words.out).toContain('200 events, none missing')
})

test('[O29] before the first start there is nothing wrong, and it makes nothing', async () => {
  expect((await doctor(join(dir, 'never'))).faults).toEqual([])
  expect(readdirSync(dir)).not.toContain('never')
})

describe('a planted fault is found, with one sentence of what to do', () => {
  const PLANTED: Record<
    string,
    { path: () => string; env?: Record<string, string>; args?: string[]; says: RegExp[] }
  > = {
    'two wrong settings': {
      path: aDirectory,
      env: { PORT: '99999', PUBLIC_URL: 'chat.example' },
      says: [/^configuration: PORT accepts /, /^configuration: PUBLIC_URL accepts /],
    },
    'a directory that others can change': {
      path: () => aDirectory((_, path) => chmodSync(path, 0o777)),
      says: [/^directory: .*chmod 700/],
    },
    'a database that others can read': {
      path: () => aDirectory((_, path) => chmodSync(join(path, 'hubbub.db'), 0o644)),
      says: [/^files: .*chmod 600/],
    },
    'a damaged page': {
      path: () =>
        aDirectory((_, path) => {
          const file = join(path, 'hubbub.db')
          const content = readFileSync(file)
          content.fill(0x55, 6 * 4_096, 8 * 4_096)
          writeFileSync(file, content, { mode: 0o600 })
        }),
      says: [/^database: .*is damaged: stop the server.*hubbub restore/],
    },
    'no database at all under its name': {
      path: () =>
        aDirectory((_, path) => writeFileSync(join(path, 'hubbub.db'), 'a shopping list '.repeat(600))),
      says: [/^database: .*is damaged/],
    },
    'a hole in a log': {
      path: () => aDirectory((db) => db.run('DELETE FROM events WHERE seq = 100')),
      says: [/^logs: .*room lobby has a hole.*hubbub restore/],
    },
    'a room that is behind its log': {
      path: () => aDirectory((db) => db.run('UPDATE rooms SET seq = 150')),
      says: [/^logs: .*room lobby/],
    },
    'a newer schema': {
      path: () => aDirectory((db) => db.run(`PRAGMA user_version = ${SCHEMA + 5}`)),
      says: [/^schema: .*start a newer release/],
    },
    'a message from tomorrow': {
      path: () =>
        aDirectory((db) => db.run(`UPDATE events SET at = (unixepoch() + 86400) * 1000 WHERE seq = 200`)),
      says: [/^clock: .*14(39|40) minutes ahead.*NTP/],
    },
    'no backup where one was due': {
      path: () =>
        aDirectory((_, path) => {
          mkdirSync(join(path, 'backups'))
          writeFileSync(join(path, 'backups/hubbub-2026-01-02T030405.000Z.tar.gz'), '')
        }),
      env: { BACKUP_HOURS: '24' },
      says: [/^backup: The last backup is [\d.]+ hours old, though one is due every 24 hours/],
    },
    'a lock that is no lock': {
      path: () =>
        aDirectory((_, path) => writeFileSync(join(path, 'lock.db'), 'x'.repeat(5_000), { mode: 0o600 })),
      says: [/^lock: .*remove it/],
    },
    'an address where nobody answers': {
      path: aDirectory,
      args: ['--url', 'http://127.0.0.1:1'],
      says: [/^url: Nobody answers at http:\/\/127\.0\.0\.1:1: /],
    },
  }

  test.each(Object.entries(PLANTED))('[O29] %s', async (_name, { path, env = {}, args = [], says }) => {
    const { faults } = await doctor(path(), env, ...args)
    expect(faults.length).toBe(says.length)
    faults.forEach((fault, at) => expect(fault).toMatch(says[at] ?? /never/))
  })

  const small = Bun.spawnSync(['unshare', '-m', 'true']).exitCode === 0 && process.getuid?.() === 0
  if (!small) console.log('A small disk needs unshare and root: doctor is not shown one here.')
  test.skipIf(!small)('[O29] a disk that is nearly full, and one that is mounted read-only', async () => {
    const mount = (options: string) => [
      'unshare',
      '-m',
      'sh',
      '-c',
      `mount -t tmpfs -o ${options} tmpfs ${dir} && exec "$@"`,
      'sh',
    ]
    const full = await aCommand(['doctor', '--json'], { DATA_DIR: dir }, 'ignore', mount('size=60m,mode=700'))
    expect(faultsOf(full)).toEqual([
      expect.stringMatching(/^space: .*below 67 MB nothing is stored any more/),
    ])
    const fixed = await aCommand(
      ['doctor', '--json'],
      { DATA_DIR: dir },
      'ignore',
      mount('size=100m,mode=700,ro'),
    )
    expect(faultsOf(fixed)).toEqual([expect.stringMatching(/^directory: .*cannot be written/)])
  })
})

describe('beside a server', () => {
  test('[O28] what a day takes, and how long the disk lasts at that, is right within a tenth', async () => {
    const sizes: number[] = []
    const path = aDirectory((db, at) => {
      const size = () => {
        db.run('VACUUM')
        db.run('PRAGMA wal_checkpoint(TRUNCATE)')
        sizes.push(statSync(join(at, 'hubbub.db')).size)
      }
      // 200 of long ago, then 1,800 of this week, of 10 KB each.
      db.run(`UPDATE events SET at = 0, data = json_object('text', printf('%10000s', seq))`)
      size()
      db.run(`
        WITH RECURSIVE n (seq) AS (SELECT 201 UNION ALL SELECT seq + 1 FROM n WHERE seq < 2000)
        INSERT INTO events (room, seq, id, kind, user_id, name, nonce, at, data)
        SELECT 'lobby', seq, 'x' || seq, 'message', '0a', 'Ada', 'growth-' || seq,
          (unixepoch() - 86400 * (seq % 7) - 60) * 1000, json_object('text', printf('%10000s', seq)) FROM n`)
      db.run(`UPDATE rooms SET seq = 2000 WHERE room = 'lobby'`)
      size()
    })
    const said = (await aCommand(['doctor'], { DATA_DIR: path })).out
    const [, daily = '', lasts = ''] =
      /growth: ([\d.]+) MB a day .* lasts (more than ten years|\d+ days)/.exec(said) ?? []
    const right = ((sizes[1] ?? 0) - (sizes[0] ?? 0)) / 7 / 1e6
    expect(Math.abs(Number(daily) - right) / right).toBeLessThan(0.1)
    const { bavail, bsize } = statfsSync(path)
    const days = (bavail * bsize) / 1e6 / right
    if (lasts.endsWith('days')) expect(Math.abs(Number.parseInt(lasts, 10) - days) / days).toBeLessThan(0.1)
    else expect(days).toBeGreaterThan(3_000)
  })

  test('[O29, S33] what an address for --url holds beside the place is not said again', async () => {
    const path = join(dir, 'none at all')
    for (const url of [
      'http://ada:s3cret@127.0.0.1:1/?token=s3cret',
      'ada:s3cret@host',
      'ftp://ada:s3cret@host',
    ]) {
      const { code, out, err } = await aCommand(['doctor', '--url', url], { DATA_DIR: path })
      expect(code).toBe(1)
      expect(out + err).not.toContain('s3cret')
    }
  })

  test('[O6, O29] it finds the server, disturbs nothing, and with --url comes in as a page would', async () => {
    const path = aDirectory()
    const server = await aServer({ DATA_DIR: path })
    const origin = await server.ready()
    const ran = await doctor(path, {}, '--url', origin)
    expect(ran.faults).toEqual([])
    expect(ran.out).toContain('A server is running on this directory.')
    expect(ran.out).toContain(`A socket gets in at ${origin}.`)
    server.kill('SIGTERM')
    expect(await server.exited()).toBe(0)
  })

  test('[O42] a database that another process holds for itself is not said to be damaged', async () => {
    const path = aDirectory()
    const other = new Database(join(path, 'hubbub.db'), { readwrite: true })
    other.run('PRAGMA locking_mode = EXCLUSIVE')
    other.run('BEGIN EXCLUSIVE')
    expect((await doctor(path)).faults).toEqual([
      expect.stringMatching(/^database: Another process holds .*hubbub\.db \(SQLITE_BUSY\): try again/),
    ])
    other.close()
  })

  test('[O29] a proxy that passes pages and no sockets, and one with nobody behind it, are told apart', async () => {
    const proxy = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      reusePort: false,
      fetch: ({ url }) => new Response(null, { status: url.endsWith('/readyz') ? ready : 400 }),
    })
    let ready = 200
    const path = aDirectory()
    const { faults } = await doctor(path, {}, '--url', proxy.url.origin)
    expect(faults).toEqual([
      expect.stringMatching(/^socket: No socket gets in at .* let the proxy pass upgrades/),
    ])
    ready = 502
    expect((await doctor(path, {}, '--url', proxy.url.origin)).faults[0]).toMatch(
      /^url: .* answers 502: is Hubbub running/,
    )
    await proxy.stop(true)
  })

  test('[O29, S18] a proxy that shows itself and is not trusted is a warning, and none once it is', async () => {
    const proxy = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      reusePort: false,
      fetch: () => new Response(null, { headers: { server: 'nginx/1.22.1' } }),
    })
    const path = aDirectory()
    const warned = async (env: Record<string, string>) => {
      const { out } = await doctor(path, env, '--url', proxy.url.origin)
      return (JSON.parse(out) as Report).found.filter(({ check }) => check === 'proxy')
    }
    const [warning, ...more] = await warned({})
    expect(more).toEqual([])
    expect(warning).toMatchObject({
      verdict: 'warning',
      say: expect.stringMatching(/^A proxy \(nginx\).*TRUST_PROXY/),
    })
    expect(await warned({ TRUST_PROXY: 'none' })).toHaveLength(1)
    expect(await warned({ TRUST_PROXY: '1' })).toEqual([])
    await proxy.stop(true)
  })
})
