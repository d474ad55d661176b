import { afterAll, afterEach } from 'bun:test'
import { eventually } from '../eventually.ts'
import { numbers } from './aState.ts'
import { aClient, type Browser } from '../server/aClient.ts'
import { anApp } from './anApp.ts'

export type Client = ReturnType<typeof aClient>

/** For one file of tests: an app, and the client's pages at it. Each page ends with the test that opened it. */
export async function clientPages() {
  const app = await anApp({ maxNewGuestsPerAddress: 100_000, maxHandshakesPerAddress: 100_000 })
  let clients: Client[] = []
  // Three digits: the server would suggest `Ada 12` if `Ada 1` is taken.
  let count = 100
  afterAll(() => app.stop())
  afterEach(() => {
    for (const client of clients) client.end()
    clients = []
  })

  const aPage = (browser?: Browser): Client => {
    const client = aClient(app.origin, browser)
    clients.push(client)
    return client
  }

  /** A newcomer in the lobby. */
  const aGuest = (name = 'Ada', browser?: Browser) => aPage(browser).enter(`${name} ${(count += 1)}`)

  /** Another page of the person signed in in this browser, live in the room if one is given. */
  async function anotherPage(browser: Browser, room?: string): Promise<Client> {
    const page = aPage(browser)
    await page.actions.restoreSession()
    if (room === undefined) return page
    page.actions.openRoom(room)
    await page.isLive(room)
    return page
  }

  /** Puts messages of a third person into a room's log, behind the hub's back. */
  const commitMessages = (room: string, texts: readonly string[]) =>
    app.store.commit(
      texts.map((text, at) => ({
        kind: 'message',
        room,
        id: `00000000-0000-7000-8000-${String((count += 1)).padStart(12, '0')}`,
        at: at + 1,
        user: { id: 'somebody', name: 'Somebody' },
        nonce: `${room}-nonce-${count}`,
        text,
      })),
    )

  /** Ada and Bob in a room of their own, after this many messages of a third person. */
  async function aScene(messages = 0) {
    const ada = await aGuest('Ada')
    const bob = await aGuest('Bob')
    const made = await ada.actions.makeRoom(`Scene ${(count += 1)}`)
    if (made.result !== 'made') throw new Error('no room was made')
    const { room } = made
    await commitMessages(
      room,
      numbers(1, messages).map((n) => `text ${n}`),
    )
    for (const person of [ada, bob]) {
      person.actions.openRoom(room)
      await person.isLive(room)
    }
    return { ada, bob, room }
  }

  return { app, aPage, aGuest, anotherPage, commitMessages, aScene }
}

/** @throws if nobody is signed in */
function selfOf({ store }: Client) {
  const { self } = store.get()
  if (self === null || self === 'unknown') throw new TypeError('nobody is signed in')
  return self
}

export const idOf = (client: Client): string => selfOf(client).id
export const nameOf = (client: Client): string => selfOf(client).name

export async function goOffline(client: Client): Promise<void> {
  client.faults.away = true
  client.lose()
  await eventually('offline', () => client.store.get().connection.state === 'waiting')
}

export function goOnline(client: Client): void {
  client.faults.away = false
  client.actions.reconnect()
}
