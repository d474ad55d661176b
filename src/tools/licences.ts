import { join } from 'node:path'

/** A package that what we ship holds, or needs to be built. */
export interface Licensed {
  name: string
  version: string
  licence: string
}

interface PackageJson {
  name: string
  version: string
  license?: string | { type: string }
  licenses?: { type: string }[]
  dependencies?: Record<string, string>
}

/** Every package that the project depends on, but for developing it, with all that these depend on. By name. */
export async function licences(root: string): Promise<Licensed[]> {
  const { dependencies = {} } = await packageJsonIn(root)
  const found = new Map<string, Licensed>()
  const visit = async (name: string, from: string): Promise<void> => {
    const dir = await folderOf(name, from, root)
    const { version, license, licenses, dependencies: more = {} } = await packageJsonIn(dir)
    const licence = typeof license === 'string' ? license : (license?.type ?? licenses?.[0]?.type ?? 'none')
    if (found.has(`${name}@${version}`)) return
    found.set(`${name}@${version}`, { name, version, licence })
    for (const next of Object.keys(more)) await visit(next, dir)
  }
  for (const name of Object.keys(dependencies)) await visit(name, root)
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Where a package is found from another one's folder: nearest first. */
async function folderOf(name: string, from: string, root: string): Promise<string> {
  for (let at = from; at.length >= root.length; at = join(at, '..')) {
    const folder = join(at, 'node_modules', name)
    if (await Bun.file(join(folder, 'package.json')).exists()) return folder
  }
  throw new Error(`${name} is not installed`)
}

function packageJsonIn(folder: string): Promise<PackageJson> {
  return Bun.file(join(folder, 'package.json')).json() as Promise<PackageJson>
}
