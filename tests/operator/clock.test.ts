import { Database } from 'bun:sqlite'
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ageOfLastBackup, backupNameOf, backupsIn, pruneBackups } from '../../src/operator/backupFiles.ts'
import { eventually } from '../support/eventually.ts'
import { aCommand } from '../support/server/aCommand.ts'
import { aDatabase } from '../support/server/aDatabase.ts'
import { aServer, aTemporaryDir } from '../support/server/aServer.ts'

setDefaultTimeout(30_000)

const { dir, remove } = aTemporaryDir()
afterAll(remove)

const DAY = 24 * 60 * 60 * 1_000
const floorOf = (data: string) => {
  using db = new Database(join(data, 'hubbub.db'), { readonly: true })
  return db.query<{ floor: number }, []>(`SELECT floor FROM rooms WHERE room = 'lobby'`).get()?.floor
}
/** Starts a server on a directory until `done`, and stops it. @returns its log */
async function serve(data: string, done: (log: string) => boolean): Promise<string> {
  await using server = await aServer({ DATA_DIR: data, RETENTION_DAYS: '30' })
  await server.ready()
  await eventually('the log', () => done(server.out()))
  server.kill('SIGTERM')
  await server.exited()
  return server.out()
}

test('[O43] at a start with the clock far ahead of the newest message, person and backup, nothing is purged, also after a restart', async () => {
  const data = join(dir, 'ahead')
  aDatabase(data, 20)
  mkdirSync(join(data, 'backups'))
  const backup = join('backups', backupNameOf(Date.now() - 400 * DAY))
  writeFileSync(join(data, backup), '')
  const warned = (log: string) => log.includes('the clock has jumped') && log.includes('"msg":"ready"')
  expect(await serve(data, warned)).toContain('"days":400')
  expect((await aCommand(['doctor'], { DATA_DIR: data })).out).toContain('The clock has jumped by 400 days')
  {
    using db = new Database(join(data, 'hubbub.db'), { readwrite: true })
    db.run('UPDATE users SET seen = ?', [Date.now()])
  }
  await serve(data, warned)
  expect([floorOf(data), readdirSync(join(data, 'backups'))]).toEqual([1, [backup.slice(8)]])

  // A server that was used a moment ago has no doubt.
  rmSync(join(data, 'clock.json'))
  const log = await serve(data, (lines) => lines.includes('"msg":"purged'))
  expect(log).not.toContain('the clock has jumped')
  expect([floorOf(data), backupsIn(data)]).toEqual([21, []])
  const record = JSON.parse(readFileSync(join(data, 'clock.json'), 'utf8')) as { at: number; ahead: number }
  expect([Date.now() - record.at < 60_000, record.ahead]).toEqual([true, 0])
})

test.each(['', '{', '[]', '{"at":"1"}', '{"at":1e99,"ahead":0,"waited":0}'])(
  '[O43] a damaged clock.json (%p) counts as missing',
  async (text) => {
    const data = join(dir, `damaged-${text.length}`)
    aDatabase(data, 1)
    writeFileSync(join(data, 'clock.json'), text)
    expect(await serve(data, (log) => log.includes('"msg":"ready"'))).toContain('the clock has jumped')
  },
)

test('[O43] a backup made while the clock was ahead neither stops later backups nor outlives them', () => {
  const data = join(dir, 'misdated')
  mkdirSync(join(data, 'backups'), { recursive: true })
  const now = Date.UTC(2026, 5, 1)
  const [older, newer, misdated] = [now - 3 * DAY, now - 2 * DAY, now + 700 * DAY].map(backupNameOf)
  for (const name of [older, newer, misdated]) writeFileSync(join(data, 'backups', name ?? ''), '')
  expect(ageOfLastBackup(data, now)).toBe((2 * DAY) / 1_000)
  pruneBackups(data, 2, now)
  expect(backupsIn(data)).toEqual([older ?? '', newer ?? ''])
  expect(ageOfLastBackup(data, now + DAY / 2)).toBe((2.5 * DAY) / 1_000)
})
