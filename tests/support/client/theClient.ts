import { join } from 'node:path'
import { buildClient } from '../../../src/tools/build.ts'

const ROOT = join(import.meta.dir, '../../..')

/** Builds the client where a server of this checkout serves it, unless a run of all tests has built it already. */
export async function theClient(): Promise<void> {
  if (process.env.CLIENT_IS_BUILT === '1') return
  await buildClient({ root: ROOT, out: join(ROOT, 'dist/public'), compress: 'none' })
}
