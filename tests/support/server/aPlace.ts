import { afterAll, beforeAll } from 'bun:test'
import { aServer, aTemporaryDir, type ServerProcess } from './aServer.ts'
import { browserFound } from '../browser/browser.ts'
import { theClient } from '../client/theClient.ts'

/** For the tests of one file: a real server with an empty directory. @param make builds the client that it serves */
export function usePlace(make: () => Promise<unknown> = theClient): { readonly origin: string } {
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
