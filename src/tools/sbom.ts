import { join } from 'node:path'
import { PRODUCT_VERSION } from '../lib/version.ts'

export interface LicensedPackage {
  name: string
  version: string
  licence: string
}

interface PackageJson {
  version: string
  license: string
  dependencies?: Record<string, string>
}

/** The run-time dependencies of a project, direct and indirect, by name. Packages for development are left out. */
export async function licences(root: string): Promise<LicensedPackage[]> {
  const found = new Map<string, LicensedPackage>()
  const addDependencies = async (folder: string): Promise<void> => {
    const { dependencies = {} } = await packageJsonIn(folder)
    for (const name of Object.keys(dependencies)) {
      const dependency = await folderOf(name, folder, root)
      const { version, license: licence } = await packageJsonIn(dependency)
      if (found.has(`${name}@${version}`)) continue
      found.set(`${name}@${version}`, { name, version, licence })
      await addDependencies(dependency)
    }
  }
  await addDependencies(root)
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Where a file in `from` finds a package: in the nearest `node_modules`. */
async function folderOf(name: string, from: string, root: string): Promise<string> {
  for (let at = from; at.length >= root.length; at = join(at, '..')) {
    const folder = join(at, 'node_modules', name)
    if (await Bun.file(join(folder, 'package.json')).exists()) return folder
  }
  throw new Error(`${name} is not installed`)
}

const packageJsonIn = (folder: string) =>
  Bun.file(join(folder, 'package.json')).json() as Promise<PackageJson>

/** The software bill of materials of the binary, as CycloneDX: every package of `docs/licences.md`, and Bun. */
export async function sbom(root: string): Promise<string> {
  const libraries = (await licences(root)).map(({ name, version, licence }) => {
    const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
    const licenses = [{ expression: licence.replace(/^\((.*)\)$/, '$1') }]
    return { type: 'library', 'bom-ref': purl, name, version, purl, licenses }
  })
  const runtime = {
    type: 'platform',
    'bom-ref': `bun@${Bun.version}`,
    name: 'bun',
    version: Bun.version,
    licenses: [{ expression: 'MIT' }],
  }
  const component = { type: 'application', 'bom-ref': 'hubbub', name: 'hubbub', version: PRODUCT_VERSION }
  const components = [runtime, ...libraries]
  const bom = { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, metadata: { component }, components }
  return `${JSON.stringify(bom, null, 2)}\n`
}
