import { join } from 'node:path'
import { afterAll, beforeAll } from 'bun:test'
import { buildClient } from '../../src/build.ts'
import { aServer, aTemporaryDir, type ServerProcess } from './aServer.ts'
import { browserFound } from './browser.ts'

const ROOT = join(import.meta.dir, '../..')

/** The client as it is now, served by a real server with an empty directory, for the tests of one file. */
export function usePlace(): { readonly origin: string } {
  let origin = ''
  let server: ServerProcess | null = null
  const data = aTemporaryDir()

  beforeAll(async () => {
    if (browserFound === null) return
    await buildClient({ root: ROOT, out: join(ROOT, 'dist/public'), compress: 'none' })
    server = await aServer({ DATA_DIR: data.dir })
    origin = await server.ready()
  })

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
