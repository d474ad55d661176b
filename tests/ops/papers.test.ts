import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { readConfig, SETTINGS } from '../../src/config.ts'

const ROOT = join(import.meta.dir, '../..')
const read = (path: string) => Bun.file(join(ROOT, path)).text()
const NAMES = Object.keys(SETTINGS).filter((name) => !name.endsWith('_FILE'))

test('[O30] `.env.example` has exactly the names of the settings, and as it stands it is accepted', async () => {
  const lines = (await read('.env.example'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const pairs = lines.map((line) => line.split('=') as [string, string])
  expect(pairs.map(([name]) => name).sort()).toEqual(NAMES.sort())
  const given = readConfig(Object.fromEntries(pairs))
  expect(given).toEqual(readConfig({}))
})

const readme = Bun.file(join(ROOT, 'README.md'))
const hasTable = (await readme.exists()) && (await readme.text()).includes('\n## Configuration\n')
if (!hasTable)
  console.log('README.md has no "## Configuration" yet: its table is not compared with the code.')

test.skipIf(!hasTable)('[O1] the table of the README is the code’s', async () => {
  const [, after = ''] = (await readme.text()).split('\n## Configuration\n')
  const [table = ''] = after.split('\n## ')
  const cells = table.match(/^\|[^|]+\|/gm) ?? []
  const named = cells.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name))
  expect(named.sort()).toEqual(NAMES.sort())
})

interface Service {
  read_only: boolean
  user: string
  cap_drop: string[]
  environment: Record<string, string>
  volumes: string[]
  stop_grace_period: string
}

test('[O23] `compose.yaml` is one service on one volume, with a read-only root and time to drain', async () => {
  const file = Bun.YAML.parse(await read('compose.yaml')) as {
    services: Record<string, Service>
    volumes: Record<string, unknown>
  }
  expect(Object.keys(file.services)).toEqual(['hubbub'])
  const { hubbub } = file.services
  expect(hubbub).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    user: '1000:1000',
    volumes: ['data:/data'],
  })
  expect(Object.keys(file.volumes)).toEqual(['data'])
  expect(hubbub?.environment).toMatchObject({ PORT: '3000', DATA_DIR: '/data' })
  expect(Number.parseInt(hubbub?.stop_grace_period ?? '', 10)).toBeGreaterThan(10)
  expect(Object.keys(hubbub?.environment ?? {}).filter((name) => !NAMES.includes(name))).toEqual([])
})
