import { describe, expect, test } from 'bun:test'
import { dirname, join } from 'node:path'
import { licences, sbom } from '../src/tools/sbom.ts'

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
  test('[S31] there are at most fourteen of them at run time, each of an exact version', () => {
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(14)
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

/** Of the actions a workflow uses, those that somebody else could replace: not by their commit, with its name beside it. */
function movable(workflow: string): string[] {
  const used = workflow.match(/^[ \t-]*uses:.*$/gm) ?? []
  return used
    .map((line) => line.replace(/^[ \t-]*uses:\s*/, ''))
    .filter((action) => !/^(\.\/\S+|[\w.-]+(\/[\w.-]+)+@[0-9a-f]{40} # v\d+(\.\d+)*)$/.test(action))
}

describe('workflows', () => {
  test('[S31] whatever action they use is the commit that is named, and they may read, no more', async () => {
    const found = [...new Bun.Glob('.github/**/*.{yml,yaml}').scanSync({ cwd: ROOT, dot: true })]
    expect(found).toContain('.github/workflows/check.yml')
    for (const file of found.filter((path) => path.startsWith('.github/workflows/'))) {
      const workflow = await read(file)
      expect([file, movable(workflow)]).toEqual([file, []])
      const { permissions } = Bun.YAML.parse(workflow) as { permissions: unknown }
      expect([file, permissions]).toEqual([file, { contents: 'read' }])
      expect(workflow).not.toMatch(/pull_request_target|\$\{\{\s*github\.(event|head_ref)|secrets\./)
    }
  })

  test('[S31] a tag, a branch, a short hash or a bare image is not the commit', () => {
    const hash = '0123456789abcdef0123456789abcdef01234567'
    expect(movable(`  - uses: some/action@${hash} # v1.2.3\n  - uses: ./.github/own`)).toEqual([])
    const others = [
      'a/b@v4',
      'a/b@main',
      'a/b',
      `a/b@${hash.slice(0, 7)} # v1`,
      `a/b@${hash}`,
      'docker://alpine',
    ]
    for (const other of others) expect(movable(`      - uses: ${other}`)).toEqual([other])
  })
})
