import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync, writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { backupsIn } from '../../src/store/kept.ts'
import { aServer, aTemporaryDir, type ServerProcess } from '../support/aServer.ts'
import { eventually } from '../support/eventually.ts'

setDefaultTimeout(30_000)

const { dir, remove } = aTemporaryDir()
const running: ServerProcess[] = []
afterAll(async () => {
  for (const server of running) server.kill('SIGKILL')
  await Promise.all(running.map((server) => server.exited()))
  remove()
})
async function started(env: Record<string, string>): Promise<ServerProcess> {
  const server = await aServer(env)
  running.push(server)
  await server.ready()
  return server
}

test('[O24] with BACKUP_HOURS a server backs itself up when it is due, and not before, also after a restart', async () => {
  const data = join(dir, 'data')
  const env = { DATA_DIR: data, BACKUP_HOURS: '1', BACKUP_KEEP: '2' }
  const old = ['2026-01-01', '2026-01-02'].map((day) => `hubbub-${day}T000000.000Z.tar.gz`)
  mkdirSync(join(data, 'backups'), { recursive: true })
  for (const name of old) writeFileSync(join(data, 'backups', name), '')
  const first = await started(env)
  await eventually('the backup', () => first.out().includes('"msg":"backup made"'), 15_000)
  const [kept, fresh, ...more] = backupsIn(data)
  expect([kept, more, readdirSync(join(data, 'tmp'))]).toEqual([old[1], [], []])
  first.kill('SIGTERM')
  expect(await first.exited()).toBe(0)

  const second = await started(env)
  second.kill('SIGTERM')
  expect(await second.exited()).toBe(0)
  expect(backupsIn(data).at(-1)).toBe(fresh ?? '')
  expect(second.out()).not.toContain('backup')
})

test('[O24] one that fails is an error in the log, and the server goes on', async () => {
  const data = join(dir, 'failing')
  mkdirSync(data)
  writeFileSync(join(data, 'backups'), '')
  const server = await started({ DATA_DIR: data, BACKUP_HOURS: '24' })
  await eventually('the error', () => server.out().includes('"msg":"backup failed"'), 15_000)
  expect((await fetch(`${await server.ready()}/readyz`)).status).toBe(200)
})
