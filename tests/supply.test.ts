import { describe, expect, test } from 'bun:test'
import { dirname, join } from 'node:path'
import { licences } from '../src/lib/licences.ts'
import { sbom } from '../src/lib/sbom.ts'

const ROOT = dirname(import.meta.dir)
const read = (path: string) => Bun.file(join(ROOT, path)).text()
const manifest = JSON.parse(await read('package.json')) as {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  trustedDependencies?: string[]
}

/** Licences under which a package may be part of what we ship. */
const FREE = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
]

describe('packages', () => {
  test('[S31] there are at most twelve of them at run time, each of an exact version', () => {
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(12)
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+(-[\w.]+)?$/)
  })

  test('[S31] what is installed is what the lockfile says, and its text is in step with the manifest', async () => {
    const lock = await read('bun.lock')
    for (const [name, version] of Object.entries(manifest.dependencies)) {
      expect(lock).toContain(`"${name}": "${version}"`)
      expect(lock).toContain(`"${name}@${version}"`)
      const installed = JSON.parse(await read(`node_modules/${name}/package.json`)) as { version: string }
      expect([name, installed.version]).toEqual([name, version])
    }
  })

  test('[S31] none may run a script when it is installed', async () => {
    expect(manifest.trustedDependencies ?? []).toEqual([])
    const { install } = Bun.TOML.parse(await read('bunfig.toml')) as { install: Record<string, unknown> }
    expect(install).toMatchObject({ ignoreScripts: true, exact: true })
  })

  test('[S31] every one is free to be passed on, and docs/licences.md lists them all', async () => {
    const all = await licences(ROOT)
    expect(all.length).toBeGreaterThan(Object.keys(manifest.dependencies).length)
    expect(all.filter(({ licence }) => !FREE.includes(licence.replace(/^\((.*)\)$/, '$1')))).toEqual([])
    const rows = all.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`)
    const listed = (await read('docs/licences.md')).match(/^\| .+ \| \d.* \| .+ \|$/gm) ?? []
    expect<readonly string[]>(listed).toEqual(rows)
  })

  test('[S31] beside the binary stands what it is made of: each of these, and the runtime', async () => {
    const bom = JSON.parse(await sbom(ROOT)) as {
      bomFormat: string
      components: { name: string; version: string; purl?: string; licenses: unknown[] }[]
    }
    const all = await licences(ROOT)
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'hubbub' } } })
    expect(bom.components.map(({ name, version }) => `${name} ${version}`)).toEqual([
      `bun ${Bun.version}`,
      ...all.map(({ name, version }) => `${name} ${version}`),
    ])
    expect(new Set(bom.components.map(({ purl }) => purl)).size).toBe(bom.components.length)
  })
})
