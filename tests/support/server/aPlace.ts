import { join } from 'node:path'
import { afterAll, beforeAll } from 'bun:test'
import { aServer, aTemporaryDir, type ServerProcess } from './aServer.ts'
import { buildClient } from '../../../src/tools/build.ts'
import { browserFound } from '../browser/browser.ts'

const ROOT = join(import.meta.dir, '../../..')

/** Builds the client where a server of this checkout serves it, unless a run of all tests has built it already. */
export async function ensureClientBuilt(): Promise<void> {
  if (process.env.CLIENT_IS_BUILT === '1') return
  await buildClient({ root: ROOT, out: join(ROOT, 'dist/public'), compress: 'none' })
}

/** For the tests of one file: a real server with an empty directory. @param make builds the client that it serves */
export function usePlace(make: () => Promise<unknown> = ensureClientBuilt): { readonly origin: string } {
  let origin = ''
  let server: ServerProcess | null = null
  const data = aTemporaryDir()

  beforeAll(async () => {
    if (browserFound === null) return
    await make()
    server = await aServer({ DATA_DIR: data.dir })
    origin = await server.ready()
  }, 60_000)

  afterAll(async () => {
    server?.kill('SIGTERM')
    await server?.exited()
    data.remove()
  })

  return {
    get origin() {
      return origin
    },
  }
}
