import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { PRODUCT_VERSION } from '../../src/lib/version.ts'

test('[O30] the version that the server names is that of the package', async () => {
  const manifest = (await Bun.file(join(import.meta.dir, '../../package.json')).json()) as { version: string }
  expect(PRODUCT_VERSION).toBe(manifest.version)
})
