import { expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { readConfig, SETTINGS } from '../../src/config.ts'
import { aCommand } from '../support/server/aCommand.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'

setDefaultTimeout(60_000)

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

test('[O1, O30] `.env.example` says “not yet” of what is not there yet, and of nothing else', async () => {
  const said = [
    ...(await read('.env.example')).matchAll(/^# (?:Not yet|[^\n]* yet\))[^\n]*\n((?:[A-Z].*\n)+)/gm),
  ]
  const names = said.flatMap(([, lines = '']) => [...lines.matchAll(/^[A-Z_]+/gm)].map(([name]) => name))
  const waiting = Object.entries(SETTINGS).filter(([, { accepts }]) => accepts.includes(' yet'))
  expect(names.sort()).toEqual(
    waiting
      .map(([name]) => name)
      .filter((name) => NAMES.includes(name))
      .sort(),
  )
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

  const none = readConfig({})
  if ('faults' in none) throw new TypeError('no configuration is none')
  const usual = new Map<string, unknown>(Object.entries({ ...none.config }))
  const rows = [...table.matchAll(/^\| `([A-Z_]+)`(?: ★)? \| (none|`([^`]*)`)/gm)]
  const wrong = rows.filter(([, name = '', , shown]) => {
    const field = name.toLowerCase().replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const value = usual.get(field)
    if (typeof value === 'string' || typeof value === 'number') return String(value) !== shown
    return shown !== undefined || !(value === null || (Array.isArray(value) && value.length === 0))
  })
  expect(rows.length).toBe(NAMES.length - 4)
  expect(wrong.map(([row]) => row)).toEqual([])
})

test('[O30] everything the README shows or names is there', async () => {
  const places = [...(await read('README.md')).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(
    ([, place = '']) => place,
  )
  const missing: string[] = []
  for (const place of places) if (!(await Bun.file(join(ROOT, place)).exists())) missing.push(place)
  expect(places.length).toBeGreaterThan(5)
  expect(missing).toEqual([])
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

const page = await read('docs/operations.md')

test('[O30] every command of the operator’s page exists, with every option it is given', async () => {
  const uses = [
    ...page.matchAll(
      /(?:^|[`/ ])hubbub ((?:backup|restore|export|import|doctor|migrate|compact|healthcheck|version)\b[^`\n]*)/gm,
    ),
  ]
  expect(uses.length).toBeGreaterThan(10)
  for (const [, line = ''] of uses) {
    const [name = '', ...words] = line.split(/ {2,}| > | && /)[0]?.split(' ') ?? []
    const { out } = await aCommand([name, '--help'])
    expect(out).toStartWith(`Usage: hubbub ${name}`)
    for (const option of words.filter((word) => word.startsWith('--')))
      expect([name, out]).toEqual([name, expect.stringContaining(option)])
  }
})

test('[O30] what the operator’s page points at is there', async () => {
  const links = [...page.matchAll(/\]\(([^)#:]+)(?:#[\w-]+)?\)/g)].map(([, link = '']) => link)
  expect(links.length).toBeGreaterThan(5)
  for (const link of links)
    expect([link, await Bun.file(join(ROOT, 'docs', link)).exists()]).toEqual([link, true])
})

test('[O30] every setting that the operator’s page names is one', () => {
  const named = page.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []
  expect(named.filter((name) => !Object.hasOwn(SETTINGS, name))).toEqual([])
})

const analyses = Bun.which('systemd-analyze') !== null
if (!analyses) console.log('SKIPPED [O23] the systemd unit: there is no systemd-analyze here')
test.skipIf(!analyses)(
  '[O23] the systemd unit is sound, and leaves the service little to do harm with',
  async () => {
    const { dir, remove } = aTemporaryDir()
    const unit = join(dir, 'hubbub.service')
    const text = await read('docs/systemd/hubbub.service')
    await Bun.write(unit, text.replace('ExecStart=/usr/local/bin/hubbub', 'ExecStart=/bin/true'))
    const verified = Bun.spawnSync(['systemd-analyze', 'verify', unit])
    expect([verified.exitCode, verified.stderr.toString()]).toEqual([0, ''])
    const judged = Bun.spawnSync(['systemd-analyze', 'security', '--offline=true', unit]).stdout.toString()
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(judged)?.[1])).toBeLessThanOrEqual(2)
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1])).toBeGreaterThan(10)
    remove()
  },
)
