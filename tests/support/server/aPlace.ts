import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'bun:test'
import { aServer, aTemporaryDir, type ServerProcess } from './aServer.ts'
import { buildClient } from '../../../src/tools/build.ts'
import { browserFound } from '../browser/browser.ts'

const ROOT = join(import.meta.dir, '../../..')

/** Builds the client where a server of this checkout serves it, unless a run of all tests has built it already. */
export async function ensureClientBuilt(): Promise<void> {
  if (process.env.CLIENT_IS_BUILT === '1') return
  await buildClient({ root: ROOT, out: join(ROOT, 'dist/public'), compress: 'none' })
}

/**
 * For the tests of one file: a real server with an empty directory. Bun ends it when a test times out; the next test gets
 * another one. @param make builds the client that it serves
 */
export function usePlace(make: () => Promise<unknown> = ensureClientBuilt): { readonly origin: string } {
  let origin = ''
  let server: ServerProcess | null = null
  const data = aTemporaryDir()

  async function start(): Promise<void> {
    server = await aServer({ DATA_DIR: data.dir })
    origin = await server.ready()
  }

  beforeAll(async () => {
    if (browserFound === null) return
    await make()
    await start()
  }, 60_000)

  beforeEach(async () => {
    const isReady = () =>
      fetch(`${origin}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
    if (server === null || (await isReady())) return
    server.kill('SIGTERM')
    await server.exited()
    await start()
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
