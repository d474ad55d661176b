import type { Browser, BrowserContext, BrowserContextOptions, Page, WebSocketRoute } from 'playwright-core'
import type { Person, RoomEvent, Self } from '../../../src/shared/model.ts'
import type { ClientFrame, FirstPage, MissedPage, ServerFrame, You } from '../../../src/shared/protocol.ts'
import { firstPage, members, page as missed, welcome, you } from './aState.ts'
import { eventually } from '../eventually.ts'

/** Sizes that the screens are made for. */
export const PHONE = { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true } as const
export const DESKTOP = { viewport: { width: 1280, height: 800 } } as const

/** A room as the test tells it. */
export interface Told {
  events?: readonly RoomEvent[]
  people?: readonly Person[]
  /** people here, if not all of them are named */
  count?: number
  you?: You
}

/** The real page, from the real server, on a wire whose other end is the test: so any state of a room can be shown. */
export interface Screen {
  page: Page
  me: Self
  /** Speaks as the server; all of it in one turn. */
  tell(...frames: ServerFrame[]): void
  /** What the client has said so far. */
  heard: ClientFrame[]
  /** The next frame of a type that has not been taken yet. */
  next<T extends ClientFrame['type']>(type: T): Promise<Extract<ClientFrame, { type: T }>>
  close(code: number): Promise<void>
  /** The connection is lost, and no other one comes about until `mend`. */
  cut(): Promise<void>
  mend(): void
  /** A first page of the lobby, telling it anew. */
  sync(told: Told): FirstPage
  dispose(): Promise<void>
}

let names = 0

/** A context of its own, with what the page's policy would refuse counted in `refused`. */
export async function aContext(
  browser: Browser,
  options: BrowserContextOptions,
): Promise<{ context: BrowserContext; refused: string[] }> {
  const context = await browser.newContext({ reducedMotion: 'reduce', locale: 'en-GB', ...options })
  // Well below the limit of a test: Bun ends the browser of a test that takes too long, and with it all that follow.
  context.setDefaultTimeout(10_000)
  const refused: string[] = []
  context.on('console', (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) refused.push(message.text())
  })
  context.on('weberror', (error) => refused.push(String(error.error())))
  return { context, refused }
}

/** Somebody in the lobby, with what the test says is there. */
export async function aScreen(origin: string, context: BrowserContext, told: Told = {}): Promise<Screen> {
  names += 1
  const answer = await context.request.post(`${origin}/api/session`, {
    data: { name: `Mira ${names}` },
    headers: { origin },
  })
  const { user: me } = (await answer.json()) as { user: Self }
  const page = await context.newPage()
  const heard: ClientFrame[] = []
  const taken = new Set<ClientFrame>()
  let wire: WebSocketRoute | null = null
  let down = false

  const sync = ({ events = [], people = [], count, you: mine = you }: Told): FirstPage =>
    firstPage(events, {
      members: {
        ...members({ id: me.id, name: me.name, state: 'active' }, ...people),
        ...(count !== undefined && { count }),
      },
      you: mine,
    })
  /** The same for one who stands at `seq`. */
  const pageFrom = (seq: number): FirstPage | MissedPage => {
    const { members: people, head, you: mine } = sync(told)
    return seq === 0 ? sync(told) : missed(told.events ?? [], { members: people, head, you: mine })
  }
  const tell = (...frames: ServerFrame[]) => {
    for (const frame of frames) wire?.send(JSON.stringify(frame))
  }
  await page.routeWebSocket(/\/ws\?v=2$/, (route) => {
    if (down) return void route.close({ code: 1013, reason: 'down' })
    wire = route
    route.onMessage((text) => {
      const frame = JSON.parse(String(text)) as ClientFrame
      heard.push(frame)
      if (frame.type === 'hello') {
        tell({ ...welcome, user: me })
        for (const { seq } of frame.rooms.filter(({ room }) => room === 'lobby')) tell(pageFrom(seq))
      }
      if (frame.type === 'join' && frame.room === 'lobby')
        tell({ ...pageFrom(frame.seq ?? 0), ref: frame.ref })
    })
  })
  await page.goto(`${origin}/chat/lobby`)
  await page.waitForSelector('textarea')
  await eventually('the room', () => heard.some(({ type }) => type === 'hello' || type === 'join'))
  await page.waitForFunction(() =>
    /\d online/.test(document.querySelector('[aria-controls=sidebar]')?.textContent ?? ''),
  )

  return {
    page,
    me,
    heard,
    tell,
    sync,
    async next(type) {
      const frame = await eventually(`a frame ${type}`, () =>
        heard.find((one) => one.type === type && !taken.has(one)),
      )
      taken.add(frame)
      return frame as never
    },
    async close(code) {
      await wire?.close({ code, reason: 'test' })
    },
    async cut() {
      down = true
      await wire?.close({ code: 1011, reason: 'cut' })
    },
    mend() {
      down = false
    },
    async dispose() {
      await page.close()
    },
  }
}

/** Does the device hold this text, as a draft or unsent? */
export const isKept = (page: Page, text: string) =>
  page.evaluate(
    (wanted) =>
      new Promise<boolean>((resolve) => {
        const opening = indexedDB.open('hubbub')
        opening.onsuccess = () => {
          const all = opening.result.transaction('kept').objectStore('kept').getAll()
          all.onsuccess = () => resolve(JSON.stringify(all.result).includes(wanted))
        }
      }),
    text,
  )

/** Whatever the page gives its IndexedDB from now on is under way until the page goes, and lost with it. */
export const stopWriting = (page: Page) =>
  page.evaluate(() => {
    const { transaction } = IDBDatabase.prototype
    IDBDatabase.prototype.transaction = function (...all) {
      if (all[1] !== 'readwrite') return transaction.apply(this, all)
      const store = { put() {}, delete() {}, transaction: { commit() {} } }
      return { objectStore: () => store } as never
    }
  })
