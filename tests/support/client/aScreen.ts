import type { Browser, BrowserContext, BrowserContextOptions, Page, WebSocketRoute } from 'playwright-core'
import type { Person, RoomEvent, Self } from '../../../src/shared/model.ts'
import type { ClientFrame, FirstPage, MissedPage, ServerFrame, You } from '../../../src/shared/protocol.ts'
import { firstPage, members, page as missed, welcome, you } from './aState.ts'
import { eventually } from '../eventually.ts'

export const PHONE = { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true } as const
export const DESKTOP = { viewport: { width: 1280, height: 800 } } as const

/** What the fake server says about the lobby. */
export interface Told {
  events?: readonly RoomEvent[]
  people?: readonly Person[]
  /** how many people are here, if `people` does not name them all */
  count?: number
  you?: You
}

/** The real page from the real server, with a socket whose server side the test plays: it can show any state of a room. */
export interface Screen {
  page: Page
  me: Self
  /** Sends frames of the server. */
  tell(...frames: ServerFrame[]): void
  /** all frames of the client so far */
  heard: ClientFrame[]
  /** The next frame of this type that was not returned yet. */
  next<T extends ClientFrame['type']>(type: T): Promise<Extract<ClientFrame, { type: T }>>
  close(code: number): Promise<void>
  /** Ends the connection; later attempts to connect fail. */
  cut(): Promise<void>
  /** A first page of the lobby with other contents. */
  sync(told: Told): FirstPage
}

/** A browser context that collects violations of the page's policy and uncaught errors in `refused`. */
export async function aContext(
  browser: Browser,
  options: BrowserContextOptions = DESKTOP,
): Promise<{ context: BrowserContext; refused: string[] }> {
  const context = await browser.newContext({ reducedMotion: 'reduce', locale: 'en-GB', ...options })
  // Below the test's own limit: after that Bun kills the browser, and all later tests fail with it.
  context.setDefaultTimeout(10_000)
  const refused: string[] = []
  context.on('console', (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) refused.push(message.text())
  })
  context.on('weberror', (error) => refused.push(String(error.error())))
  return { context, refused }
}

/** Signs a guest in over HTTP, so that pages of this context open as that guest. */
export async function aSession(origin: string, context: BrowserContext, name: string): Promise<Self> {
  const { user } = (await post(origin, context, '/api/session', { name })) as { user: Self }
  return user
}

/** @throws Error with the server's answer if the server refuses */
export async function post(
  origin: string,
  context: BrowserContext,
  path: string,
  data: object,
): Promise<unknown> {
  const answer = await context.request.post(origin + path, {
    data,
    headers: { origin },
    failOnStatusCode: true,
  })
  return await answer.json()
}

let names = 0

/** A guest in the lobby, which holds what the test says. */
export async function aScreen(origin: string, context: BrowserContext, told: Told = {}): Promise<Screen> {
  names += 1
  const me = await aSession(origin, context, `Mira ${names}`)
  const page = await context.newPage()
  const heard: ClientFrame[] = []
  const taken = new Set<ClientFrame>()
  let socket: WebSocketRoute | null = null
  let isDown = false

  const sync = ({ events = [], people = [], count, you: mine = you }: Told): FirstPage => {
    const all = members({ id: me.id, name: me.name, state: 'active' }, ...people)
    return firstPage(events, { members: { ...all, ...(count !== undefined && { count }) }, you: mine })
  }
  const pageFrom = (seq: number): FirstPage | MissedPage => {
    const { members: people, head, you: mine } = sync(told)
    return seq === 0 ? sync(told) : missed(told.events ?? [], { members: people, head, you: mine })
  }
  const tell = (...frames: ServerFrame[]) => {
    for (const frame of frames) socket?.send(JSON.stringify(frame))
  }
  await page.routeWebSocket(/\/ws\?v=2$/, (route) => {
    if (isDown) return void route.close({ code: 1013, reason: 'down' })
    socket = route
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
  await eventually('the room is requested', () =>
    heard.some(({ type }) => type === 'hello' || type === 'join'),
  )
  await page.waitForFunction(() =>
    /\d online/.test(document.querySelector('[aria-controls=people]')?.getAttribute('aria-label') ?? ''),
  )

  return {
    page,
    me,
    heard,
    tell,
    sync,
    async next(type) {
      const frame = await eventually(`a frame ${type}`, () =>
        heard.find((sent) => sent.type === type && !taken.has(sent)),
      )
      taken.add(frame)
      return frame as never
    },
    async close(code) {
      await socket?.close({ code, reason: 'test' })
    },
    async cut() {
      isDown = true
      await socket?.close({ code: 1011, reason: 'cut' })
    },
  }
}

/** Signs in through the form on screen. */
export async function signIn(page: Page, name: string): Promise<void> {
  await page.getByLabel('Your name').fill(name)
  await page.keyboard.press('Enter')
  await page.locator('textarea').waitFor()
}

export async function say(page: Page, text: string): Promise<void> {
  await page.locator('textarea').fill(text)
  await page.keyboard.press('Control+Enter')
}

export const textsOn = (page: Page) => page.locator('.message .text').allTextContents()

/** Waits until the server has acknowledged every message on screen. */
export const acknowledged = (page: Page) =>
  eventually(
    'every message acknowledged',
    async () =>
      (await page.locator('.message').count()) > 0 &&
      (await page
        .locator('.message:is([data-stage=fresh], [data-stage=sending], [data-stage=waiting])')
        .count()) === 0,
    30_000,
  )

/** Waits until the composer holds this text. */
export const hasDraft = (page: Page, text: string) =>
  eventually('the draft', async () => (await page.locator('textarea').inputValue()) === text)

/** Does IndexedDB hold this text, in a draft or an unsent message? */
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

/** From now on no write of the page to IndexedDB completes: all of them are lost when the page is closed. */
export const stopWriting = (page: Page) =>
  page.evaluate(() => {
    const { transaction } = IDBDatabase.prototype
    IDBDatabase.prototype.transaction = function (...all) {
      if (all[1] !== 'readwrite') return transaction.apply(this, all)
      const store = { put() {}, delete() {}, transaction: { commit() {} } }
      return { objectStore: () => store } as never
    }
  })
