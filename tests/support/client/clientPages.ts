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
  let scenes = 0
  /** Two people in a room of their own making, so that scenes do not hear each other. */
  const aScene = async () => {
    scenes += 1
    const adaName = `Ada in scene ${scenes}`
    const ada = await aPage().enter(adaName)
    const bob = await aPage().enter(`Bob in scene ${scenes}`)
    const made = await ada.actions.makeRoom(`Scene ${scenes}`)
    if (made.result !== 'made') throw new Error('no room was made')
    const { room } = made
    for (const person of [ada, bob]) {
      person.actions.openRoom(room)
      await person.isLive(room)
    }
    return { ada, adaName, bob, room }
  }
  return { app, aPage, aScene }
}

/** Whose page it is. @throws if nobody is signed in */
export function idOf({ store }: ReturnType<typeof aClient>): string {
  const { self } = store.get()
  if (self === null || self === 'unknown') throw new TypeError('nobody is signed in')
  return self.id
}
