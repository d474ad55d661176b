import { describe, expect, test } from 'bun:test'
import type { Page, Route, WebSocketRoute } from 'playwright-core'
import type { RoomEvent } from '../../../src/shared/model.ts'
import type { ClientFrame, ServerFrame } from '../../../src/shared/protocol.ts'
import { firstPage, members, said, welcome } from '../../support/client/aState.ts'
import { aContext, DESKTOP } from '../../support/client/aScreen.ts'
import { usePlace } from '../../support/server/aPlace.ts'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'
import { watchShifts } from '../../support/browser/watchShifts.ts'
import { eventually } from '../../support/eventually.ts'
import { talk } from '../../support/someTalk.ts'

const FORMATTED = '**bold** and a list:\n\n- one\n- two\n\n```\ncode\n```'
const plain = talk(1, 60)
const formatted = plain.map((event, at) => (at % 3 === 0 ? said(event.seq, { text: FORMATTED }) : event))

describe.skipIf(browserFound === null)('while Markdown loads', () => {
  const place = usePlace()
  const world = useBrowser()

  /** A room whose first page is here; `markdown` decides about each request for the chunk. */
  async function aRoom(
    name: string,
    events: readonly RoomEvent[],
    markdown: (route: Route) => Promise<void>,
  ) {
    const { context, refused } = await aContext(world.browser, DESKTOP)
    const answer = await context.request.post(`${place.origin}/api/session`, {
      data: { name },
      headers: { origin: place.origin },
    })
    const { user } = (await answer.json()) as { user: { id: string; name: string; role: 'guest' } }
    const page = await context.newPage()
    const shifted = await watchShifts(page)
    const heard: ClientFrame[] = []
    await page.routeWebSocket(/\/ws/, (wire: WebSocketRoute) => {
      const tell = (frame: ServerFrame) => wire.send(JSON.stringify(frame))
      wire.onMessage((text) => {
        const frame = JSON.parse(String(text)) as ClientFrame
        heard.push(frame)
        if (frame.type !== 'hello') return
        tell({ ...welcome, user })
        tell(firstPage(events, { members: members({ ...user, state: 'active' }) }))
      })
    })
    await page.route('**/assets/markdown-*.js*', markdown)
    await page.goto(`${place.origin}/chat/lobby`)
    await eventually('the room is told', () => heard.some(({ type }) => type === 'hello'))
    return { context, page, shifted, refused }
  }

  const bones = (page: Page) => page.locator('.bones').isVisible()
  const rows = (page: Page) => page.locator('.message').count()
  const raw = (page: Page) => page.locator('.text', { hasText: '**bold**' }).count()

  test('[U152, W3] messages that need it wait behind the skeleton, then are drawn once, and nothing shifts', async () => {
    const gate = Promise.withResolvers<void>()
    const { context, page, shifted, refused } = await aRoom('Nora', formatted, async (route) => {
      await gate.promise
      await route.continue()
    })
    await page.waitForSelector('textarea')
    await eventually('a skeleton', () => bones(page))
    expect([await rows(page), await raw(page)]).toEqual([0, 0])
    gate.resolve()
    await page.waitForSelector('.message strong')
    await eventually('no skeleton', async () => !(await bones(page)))
    await page.waitForTimeout(300)
    expect([await raw(page), refused]).toEqual([0, []])
    expect(await shifted()).toBeLessThan(0.001)
    await context.close()
  })

  test('[U152] messages that need none are drawn at once', async () => {
    const gate = Promise.withResolvers<void>()
    const words = Array.from({ length: 20 }, (_, at) => said(at + 1, { text: `word ${at}` }))
    const { context, page } = await aRoom('Otto', words, async (route) => {
      await gate.promise
      await route.abort()
    })
    await page.waitForSelector('.message')
    expect(await bones(page)).toBe(false)
    gate.resolve()
    await context.close()
  })

  test('[U152] a message of mine is shown at once, and so is the page with it', async () => {
    const gate = Promise.withResolvers<void>()
    const { context, page } = await aRoom('Pola', formatted, async (route) => {
      await gate.promise
      await route.continue()
    })
    await eventually('a skeleton', () => bones(page))
    await page.locator('textarea').fill('Hello **all**')
    await page.keyboard.press('Enter')
    await page.locator('.message[data-own]', { hasText: 'Hello **all**' }).waitFor()
    expect(await bones(page)).toBe(false)
    gate.resolve()
    await page.locator('.message[data-own] strong', { hasText: 'all' }).waitFor()
    await context.close()
  })

  test('[U152] where it does not load they are drawn as typed, and formatted later without moving what is read', async () => {
    let fails = true
    const { context, page } = await aRoom('Rhea', formatted, (route) =>
      fails ? route.abort() : route.continue(),
    )
    await eventually('the messages as typed', async () => (await raw(page)) > 0)
    expect(await bones(page)).toBe(false)
    const log = page.locator('.log')
    await log.evaluate((element) => (element.scrollTop -= 600))
    await page.waitForTimeout(100)
    const row = await log.evaluateHandle((element) => {
      const { top } = element.getBoundingClientRect()
      const visible = [...element.querySelectorAll('.message')].filter(
        (message) => message.getBoundingClientRect().bottom > top,
      )
      return visible[1]!
    })
    const before = await row.asElement()?.boundingBox()
    fails = false
    await page.waitForSelector('.message strong')
    const after = await row.asElement()?.boundingBox()
    expect(Math.abs((after?.y ?? 999) - (before?.y ?? 0))).toBeLessThan(2)
    expect(await raw(page)).toBe(0)
    await context.close()
  })
})
