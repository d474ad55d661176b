import { expect, test } from 'bun:test'
import { dirname, join } from 'node:path'
import { readConfig, VARIABLES } from '../../src/config.ts'
import { PRODUCT_VERSION } from '../../src/lib/version.ts'

const ROOT = join(import.meta.dir, '../..')
const read = (path: string) => Bun.file(join(ROOT, path)).text()
const NAMES = VARIABLES.filter((name) => !name.endsWith('_FILE')).toSorted()

test('[O30] package, server and CHANGELOG.md have the same version', async () => {
  const { version } = JSON.parse(await read('package.json')) as { version: string }
  const [, newest] = /^## \[(.+?)\]/m.exec(await read('CHANGELOG.md')) ?? []
  expect([PRODUCT_VERSION, newest]).toEqual([version, version])
})

test('[O30] `.env.example` has every variable with its default', async () => {
  const lines = (await read('.env.example')).split('\n').filter((line) => /^[A-Z]/.test(line))
  const env = Object.fromEntries(lines.map((line) => line.split('=') as [string, string]))
  expect(Object.keys(env).toSorted()).toEqual(NAMES)
  expect(readConfig(env)).toEqual(readConfig({}))
})

test('[O30] README.md documents every variable, and docs/operate.md and compose.yaml name no other', async () => {
  const [, after = ''] = (await read('README.md')).split('\n## Configuration\n')
  const [table = ''] = after.split('\n## ')
  const firstCells = (table.match(/^\|[^|]+\|/gm) ?? []).join()
  const documented = [...firstCells.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name)
  expect(documented.toSorted()).toEqual(NAMES)

  const compose = Bun.YAML.parse(await read('compose.yaml')) as {
    services: Record<string, { environment: Record<string, string> }>
  }
  const named = (await read('docs/operate.md')).match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []
  const used = [...named, ...Object.keys(compose.services['hubbub']?.environment ?? {})]
  expect(used.filter((name) => !VARIABLES.includes(name))).toEqual([])
})

test.each(['README.md', 'docs/operate.md'])('[O30] the links of %s lead to files', async (page) => {
  const links = [...(await read(page)).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link)
  expect(links.length).toBeGreaterThan(5)
  for (const link of links)
    expect([link, await Bun.file(join(ROOT, dirname(page), link)).exists()]).toEqual([link, true])
})
