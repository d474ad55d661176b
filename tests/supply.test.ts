import { expect, test } from 'bun:test'
import { dirname, join } from 'node:path'
import { licences, sbom } from '../src/tools/sbom.ts'

const ROOT = dirname(import.meta.dir)
const read = (path: string) => Bun.file(join(ROOT, path)).text()
const manifest = JSON.parse(await read('package.json')) as {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  trustedDependencies?: string[]
}
const packages = await licences(ROOT)

/** Licences under which a package may be part of what we ship. */
const PERMITTED = /^(MIT|ISC|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|0BSD|BlueOak-1\.0\.0|Unlicense|CC0-1\.0)$/

test('[S31] every package has an exact version, and no package runs a script when it is installed', async () => {
  for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies }))
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
  expect(manifest.trustedDependencies ?? []).toEqual([])
  const { install } = Bun.TOML.parse(await read('bunfig.toml')) as { install: Record<string, unknown> }
  expect(install).toMatchObject({ ignoreScripts: true, exact: true })
})

test('[S31] every package has a permitted licence, and docs/licences.md lists every package', async () => {
  expect(packages.filter(({ licence }) => !PERMITTED.test(licence.replace(/^\((.*)\)$/, '$1')))).toEqual([])
  const rows = packages.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`)
  expect((await read('docs/licences.md')).match(/^\| .+ \| \d.* \| .+ \|$/gm) ?? []).toEqual(rows as [])
})

test('[S31] the bill of materials lists every package and the runtime, each once', async () => {
  const bom = JSON.parse(await sbom(ROOT)) as {
    components: { name: string; version: string; purl?: string }[]
  }
  expect(bom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'hubbub' } } })
  const names = ({ name, version }: { name: string; version: string }) => `${name} ${version}`
  expect(bom.components.map(names)).toEqual([`bun ${Bun.version}`, ...packages.map(names)])
  expect(new Set(bom.components.map(({ purl }) => purl)).size).toBe(bom.components.length)
})

/** Actions that a workflow does not pin by commit, with a version beside it: someone else could replace their code. */
function unpinned(workflow: string): string[] {
  const actions = Array.from(workflow.matchAll(/^[ \t-]*uses:\s*(.*)$/gm), ([, action = '']) => action)
  const pinned = /^(\.\/\S+|[\w.-]+(\/[\w.-]+)+@[0-9a-f]{40} # v\d+(\.\d+)*)$/
  return actions.filter((action) => !pinned.test(action))
}

test('[S31] workflows pin their actions, may only read, and use nothing that a pull request controls', async () => {
  const files = [...new Bun.Glob('.github/workflows/*.{yml,yaml}').scanSync({ cwd: ROOT, dot: true })]
  expect(files).toContain('.github/workflows/check.yml')
  for (const file of files) {
    const workflow = await read(file)
    const { permissions } = Bun.YAML.parse(workflow) as { permissions: unknown }
    expect([file, unpinned(workflow), permissions]).toEqual([file, [], { contents: 'read' }])
    expect(workflow).not.toMatch(/pull_request_target|\$\{\{\s*github\.(event|head_ref)|secrets\./)
  }
})
