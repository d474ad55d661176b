import { licences } from './licences.ts'
import { PRODUCT_VERSION } from '../lib/version.ts'

/** What the binary is made of, as CycloneDX reads it: every package of `docs/licences.md`, and the runtime around them. */
export async function sbom(root: string): Promise<string> {
  const packages = (await licences(root)).map(({ name, version, licence }) => ({
    type: 'library',
    'bom-ref': `pkg:npm/${name.replace('@', '%40')}@${version}`,
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licenses: [{ expression: licence.replace(/^\((.*)\)$/, '$1') }],
  }))
  const runtime = {
    type: 'platform',
    'bom-ref': `bun@${Bun.version}`,
    name: 'bun',
    version: Bun.version,
    licenses: [{ expression: 'MIT' }],
  }
  const component = { type: 'application', 'bom-ref': 'hubbub', name: 'hubbub', version: PRODUCT_VERSION }
  const components = [runtime, ...packages]
  return `${JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, metadata: { component }, components }, null, 2)}\n`
}
