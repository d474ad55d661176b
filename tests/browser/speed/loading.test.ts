import { describe, expect, test } from 'bun:test'
import type { BrowserContextOptions, Page, Route, WebSocketRoute } from 'playwright-core'
import type { RoomEvent } from '../../../src/shared/model.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { firstPage, members, said, welcome } from '../../support/client/aState.ts'
import { aContext, aSession, DESKTOP, PHONE } from '../../support/client/aScreen.ts'
import { usePlace } from '../../support/server/aPlace.ts'
import { movedBy, reading, scrollUp } from '../../support/browser/aTimeline.ts'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { talk } from '../../support/someTalk.ts'

const FORMATTED = '**bold** and a list:\n\n- one\n- two\n\n```\ncode\n```'
const plain = talk(1, 60)
const formatted = plain.map((event, at) => (at % 3 === 0 ? said(event.seq, { text: FORMATTED }) : event))

/** Adds up the layout shifts of the page, from the first paint on. @returns a function that reads the sum */
async function watchShifts(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    Reflect.set(window, 'shifted', 0)
    new PerformanceObserver((seen) => {
      for (const entry of seen.getEntries())
        Reflect.set(window, 'shifted', Reflect.get(window, 'shifted') + Reflect.get(entry, 'value'))
    }).observe({ type: 'layout-shift', buffered: true })
  })
  return () => page.evaluate(() => Reflect.get(window, 'shifted') as number)
}

describe.skipIf(browserFound === null)('while the page loads', () => {
  const place = usePlace()
  const world = useBrowser()

  async function aPage(options: BrowserContextOptions) {
    const { context, refused } = await aContext(world.browser, options)
    const page = await context.newPage()
    return { context, page, refused, shifted: await watchShifts(page) }
  }

  /** A guest at the lobby's address; `load` gets each request for a file that `path` matches. */
  async function aLobby(
    options: BrowserContextOptions,
    path: string,
    load: (route: Route) => Promise<void>,
    events?: readonly RoomEvent[],
  ) {
    const { context, page, refused, shifted } = await aPage(options)
    const user = await aSession(place.origin, context, `Reader ${crypto.randomUUID().slice(0, 8)}`)
    const connected = Promise.withResolvers<void>()
    let socket: WebSocketRoute | undefined
    const tell = (frame: ServerFrame) => socket?.send(JSON.stringify(frame))
    const show = (all: readonly RoomEvent[]) =>
      tell(firstPage(all, { members: members({ ...user, state: 'active' }) }))
    await page.routeWebSocket(/\/ws/, (route) => {
      socket = route
      route.onMessage((text) => {
        if (!String(text).includes('"hello"')) return
        tell({ ...welcome, user })
        if (events) show(events)
        connected.resolve()
      })
    })
    await page.route(path, load)
    await page.goto(`${place.origin}/chat/lobby`, { waitUntil: 'commit' })
    return { page, refused, shifted, connected: connected.promise, show }
  }

  /** Lets requests wait until `open` is called. */
  function aGate() {
    const { promise, resolve } = Promise.withResolvers<void>()
    return { open: resolve, pass: (route: Route) => promise.then(() => route.continue()) }
  }

  const hasSkeleton = (page: Page) => page.locator('.stage .late').isVisible()
  const rawCount = (page: Page) => page.locator('.text', { hasText: '**bold**' }).count()

  test.each([
    ['phone', PHONE],
    ['desktop', DESKTOP],
  ] as const)(
    '[U85, W3] on a %s a cold page shows something before its script, then a still skeleton, and nothing shifts',
    async (_name, size) => {
      const script = aGate()
      const { page, refused, shifted, connected, show } = await aLobby(
        size,
        '**/assets/main-*.js',
        script.pass,
      )
      await page.waitForSelector('h1')
      await page.locator('.late').waitFor()
      script.open()
      await page.waitForSelector('textarea')
      await eventually('a skeleton', () => hasSkeleton(page))
      await eventually('that does not move', () =>
        page
          .locator('.stage .late')
          .evaluate((skeleton) =>
            skeleton.getAnimations({ subtree: true }).every((one) => one.playState !== 'running'),
          ),
      )
      await connected
      show(plain)
      await page.waitForSelector('.message')
      await eventually('no skeleton', async () => !(await hasSkeleton(page)))
      await page.waitForSelector('.emoji-button')
      expect(await shifted()).toBeLessThanOrEqual(0.02)
      expect(refused).toEqual([])
    },
  )

  test('[W4] a first visit leaves no error in the console, and shifts nothing', async () => {
    const { page, shifted } = await aPage(PHONE)
    const errors: string[] = []
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    await page.goto(place.origin)
    await page.getByLabel('Your name').waitFor()
    await page.waitForLoadState('networkidle')
    expect([errors, await shifted()]).toEqual([[], 0])
  })

  test('[A33] without JavaScript the page says what it needs, and does not claim to load', async () => {
    const { page } = await aPage({ ...PHONE, javaScriptEnabled: false })
    await page.goto(`${place.origin}/chat/lobby`)
    expect(await page.locator('noscript').isVisible()).toBe(true)
    const late = page.locator('.late')
    await late.evaluate((line) => line.getAnimations().forEach((one) => one.finish()))
    expect(await late.isVisible()).toBe(false)
  })

  test('[U152, W3] messages that need Markdown wait behind the skeleton for its chunk, are drawn once, and nothing shifts', async () => {
    const markdown = aGate()
    const { page, shifted, refused } = await aLobby(
      DESKTOP,
      '**/assets/markdown-*.js*',
      markdown.pass,
      formatted,
    )
    await page.waitForSelector('textarea')
    await eventually('a skeleton', () => hasSkeleton(page))
    expect(await page.locator('.message').count()).toBe(0)
    markdown.open()
    await page.waitForSelector('.message strong')
    await eventually('no skeleton', async () => !(await hasSkeleton(page)))
    expect([await rawCount(page), refused]).toEqual([0, []])
    expect(await shifted()).toBeLessThan(0.001)
  })

  test('[U152] messages that need no Markdown are drawn at once', async () => {
    const words = Array.from({ length: 20 }, (_, at) => said(at + 1, { text: `word ${at}` }))
    const { page } = await aLobby(DESKTOP, '**/assets/markdown-*.js*', aGate().pass, words)
    await page.waitForSelector('.message')
    expect(await hasSkeleton(page)).toBe(false)
  })

  test('[U152] a message of mine is shown at once, and with it the page that waits for Markdown', async () => {
    const markdown = aGate()
    const { page } = await aLobby(DESKTOP, '**/assets/markdown-*.js*', markdown.pass, formatted)
    await eventually('a skeleton', () => hasSkeleton(page))
    await page.locator('textarea').fill('Hello **all**')
    await page.keyboard.press('Enter')
    await page.locator('.message[data-own]', { hasText: 'Hello **all**' }).waitFor()
    expect(await hasSkeleton(page)).toBe(false)
    markdown.open()
    await page.locator('.message[data-own] strong', { hasText: 'all' }).waitFor()
  })

  test('[U152] if Markdown does not load, messages are drawn as typed, and formatted later without moving the reader', async () => {
    let fails = true
    const { page } = await aLobby(
      DESKTOP,
      '**/assets/markdown-*.js*',
      (route) => (fails ? route.abort() : route.continue()),
      formatted,
    )
    await eventually('the messages as typed', async () => (await rawCount(page)) > 0)
    expect(await hasSkeleton(page)).toBe(false)
    await scrollUp(page, 600)
    const before = await reading(page)
    fails = false
    await page.waitForSelector('.message strong')
    expect(await movedBy(page, before)).toBeLessThan(2)
    expect(await rawCount(page)).toBe(0)
  })
})
