import { afterAll, expect, setDefaultTimeout, spyOn, test } from 'bun:test'
import { readdirSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createBackupJob } from '../../src/operator/scheduledBackups.ts'
import { createLog } from '../../src/lib/log.ts'
import { backupsIn, removeCopiesBefore } from '../../src/operator/backupFiles.ts'
import { aCommand } from '../support/server/aCommand.ts'
import { aDatabase } from '../support/server/aDatabase.ts'
import { aServer, aTemporaryDir } from '../support/server/aServer.ts'
import { eventually } from '../support/eventually.ts'

setDefaultTimeout(30_000)

const { dir, remove } = aTemporaryDir()
afterAll(remove)

test('[O24] with BACKUP_HOURS a server makes a backup when one is due, also after a restart, and not before', async () => {
  const data = join(dir, 'data')
  const env = { DATA_DIR: data, BACKUP_HOURS: '1', BACKUP_KEEP: '2' }
  const old = ['2026-01-01', '2026-01-02'].map((day) => `hubbub-${day}T000000.000Z.tar.gz`)
  mkdirSync(join(data, 'backups'), { recursive: true })
  for (const name of old) writeFileSync(join(data, 'backups', name), '')
  await using first = await aServer(env)
  await eventually('the backup', () => first.out().includes('"msg":"backup made"'), 15_000)
  const [kept, fresh, ...more] = backupsIn(data)
  expect([kept, more, readdirSync(join(data, 'tmp'))]).toEqual([old[1], [], []])
  first.kill('SIGTERM')
  expect(await first.exited()).toBe(0)

  await using second = await aServer(env)
  await second.ready()
  second.kill('SIGTERM')
  expect(await second.exited()).toBe(0)
  expect(backupsIn(data).at(-1)).toBe(fresh ?? '')
  expect(second.out()).not.toContain('backup')
})

test('[O24] a failed backup is an error in the log, and the server goes on', async () => {
  const data = join(dir, 'failing')
  mkdirSync(data)
  writeFileSync(join(data, 'backups'), '')
  await using server = await aServer({ DATA_DIR: data, BACKUP_HOURS: '24' })
  await eventually('the error', () => server.out().includes('"msg":"backup failed"'), 15_000)
  expect((await fetch(`${await server.ready()}/readyz`)).status).toBe(200)
})

const HOUR = 60 * 60_000

/** A backup job with a clock of its own, and its log. */
function aJob(dataDir: string) {
  const lines: { level: string; msg: string; code?: string }[] = []
  const to = { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) }
  let now = Date.UTC(2026, 0, 2)
  const log = createLog({ level: 'info', format: 'json' }, to, () => now)
  const job = createBackupJob({ backupHours: 24, backupKeep: 2, dataDir }, log)
  return {
    lines,
    /** runs the job this many ms after its last run */
    async runAfter(ms: number) {
      now += ms
      using _ = spyOn(Date, 'now').mockImplementation(() => now)
      await job()
    },
  }
}

test('[O39] a backup process that cannot be started is an error in the log, and is tried again an hour later', async () => {
  const data = join(dir, 'spawning')
  aDatabase(data, 3)
  const { lines, runAfter } = aJob(data)
  using spawn = spyOn(Bun, 'spawn').mockImplementation(() => {
    throw Object.assign(new Error('too many'), { code: 'EMFILE' })
  })
  await runAfter(0)
  expect(lines).toMatchObject([{ level: 'error', msg: 'backup failed', code: 'EMFILE' }])
  await runAfter(HOUR - 1)
  expect(lines).toHaveLength(1)
  await runAfter(1)
  expect(lines).toHaveLength(2)
  spawn.mockImplementation(
    () => ({ stderr: new Blob([]).stream(), exited: Promise.resolve(0) }) as unknown as Bun.Subprocess,
  )
  await runAfter(HOUR)
  expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'backup made' })
})

test('[O39] an unreadable folder of backups is reported by log and doctor, and metrics are served all the same', async () => {
  const data = join(dir, 'unreadable')
  aDatabase(data, 3)
  symlinkSync('backups', join(data, 'backups'))
  const { lines, runAfter } = aJob(data)
  await runAfter(0)
  expect(lines).toMatchObject([{ level: 'error', msg: 'backup failed', code: 'ELOOP' }])
  expect(await aCommand(['doctor'], { DATA_DIR: data })).toMatchObject({
    code: 1,
    out: expect.stringContaining(`FAULT   backup: ${join(data, 'backups')} cannot be read (ELOOP): `),
  })
  const token = new Bun.CryptoHasher('sha256').update('any').digest('hex')
  await using server = await aServer({ DATA_DIR: data, METRICS_TOKEN: token })
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`${await server.ready()}/metrics`, { headers })
  expect([answer.status, /^hubbub_backup_age_seconds /m.test(await answer.text())]).toEqual([200, false])
})

test('[O27] backups, partial backups of killed processes and snapshots from before the period are removed', () => {
  const data = join(dir, 'copies')
  for (const folder of ['backups', 'snapshots']) mkdirSync(join(data, folder), { recursive: true })
  const copiesOf = (day: number) => {
    const at = `2026-01-0${day}T000000.000Z`
    return [
      `backups/.hubbub-${at}.tar.gz.77`,
      `backups/hubbub-${at}.tar.gz`,
      `snapshots/schema-0001-${at}.db`,
    ]
  }
  const kept = ['backups/.mine.77', ...copiesOf(3)]
  for (const file of [...copiesOf(1), ...kept]) writeFileSync(join(data, file), '')
  removeCopiesBefore(data, Date.UTC(2026, 0, 2))
  const files = readdirSync(data, { recursive: true, encoding: 'utf8' })
  expect(files.filter((file) => file.includes('/')).toSorted()).toEqual(kept.toSorted())
})
