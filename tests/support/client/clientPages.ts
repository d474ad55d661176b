import { afterAll, afterEach } from 'bun:test'
import { aClient, type Browser } from '../server/aClient.ts'
import { anApp } from './anApp.ts'

/** For one file of tests: an app, and the client's pages at it. Each page ends with the test that opened it. */
export async function clientPages() {
  const app = await anApp({ maxNewGuestsPerAddress: 100_000, maxHandshakesPerAddress: 100_000 })
  let clients: ReturnType<typeof aClient>[] = []
  afterAll(() => app.stop())
  afterEach(() => {
    for (const client of clients) client.end()
    clients = []
  })
  const aPage = (browser?: Browser) => {
    const client = aClient(app.origin, browser)
    clients.push(client)
    return client
  }
  return { app, aPage }
}

/** Whose page it is. @throws if nobody is signed in */
export function idOf({ store }: ReturnType<typeof aClient>): string {
  const { self } = store.get()
  if (self === null || self === 'unknown') throw new TypeError('nobody is signed in')
  return self.id
}
