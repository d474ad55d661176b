import { describe, expect, test } from 'bun:test'
import type { WebSocketRoute } from 'playwright-core'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { firstPage, members, welcome } from '../../support/client/aState.ts'
import { aContext, DESKTOP, PHONE } from '../../support/client/aScreen.ts'
import { usePlace } from '../../support/server/aPlace.ts'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'
import { watchShifts } from '../../support/browser/watchShifts.ts'
import { eventually } from '../../support/eventually.ts'
import { talk } from '../../support/someTalk.ts'

describe.skipIf(browserFound === null)('while it loads', () => {
  const place = usePlace()
  const world = useBrowser()

  test.each([
    ['phone', PHONE],
    ['desktop', DESKTOP],
  ] as const)(
    '[U85, W3] %s: a cold page shows something before its script, the room a still skeleton, and nothing ever shifts',
    async (_name, size) => {
      const { context, refused } = await aContext(world.browser, size)
      const answer = await context.request.post(`${place.origin}/api/session`, {
        data: { name: `Pia ${_name}` },
        headers: { origin: place.origin },
      })
      const { user } = (await answer.json()) as { user: { id: string; name: string; role: 'guest' } }
      const page = await context.newPage()
      const shifted = await watchShifts(page)
      let wire: WebSocketRoute | undefined
      const tell = (frame: ServerFrame) => wire?.send(JSON.stringify(frame))
      await page.routeWebSocket(/\/ws/, (route) => {
        wire = route
        route.onMessage((text) => {
          if (String(text).includes('"hello"')) tell({ ...welcome, user })
        })
      })
      const script = Promise.withResolvers<void>()
      await page.route('**/assets/main-*.js', async (route) => {
        await script.promise
        await route.continue()
      })
      await page.goto(`${place.origin}/chat/lobby`, { waitUntil: 'commit' })
      await page.waitForSelector('h1')
      expect(await page.locator('h1').textContent()).toBe('Hubbub')
      await eventually('it says that it loads', () => page.locator('.late').isVisible())
      script.resolve()
      await page.waitForSelector('textarea')
      const bones = () => page.locator('.bones').isVisible()
      await eventually('a skeleton', bones)
      const moving = () =>
        page
          .locator('.bones')
          .evaluate(
            (element) =>
              element.getAnimations({ subtree: true }).filter((one) => one.playState === 'running').length,
          )
      // Its coming is the only movement it makes.
      await eventually('a still skeleton', async () => (await moving()) === 0)
      await eventually('the connection', () => wire !== undefined)
      tell(firstPage(talk(1, 60), { members: members({ ...user, state: 'active' }) }))
      await page.waitForSelector('.message')
      await eventually('no skeleton', async () => !(await bones()))
      await page.waitForSelector('.emoji-button')
      expect(await shifted()).toBeLessThanOrEqual(0.02)
      expect(refused).toEqual([])
      await context.close()
    },
  )

  test('[W4] a first visit leaves no error in the console, and shifts nothing', async () => {
    const { context } = await aContext(world.browser, PHONE)
    const page = await context.newPage()
    const errors: string[] = []
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    const shifted = await watchShifts(page)
    await page.goto(place.origin)
    await page.getByLabel('Your name').waitFor()
    await page.waitForLoadState('networkidle')
    expect([errors, await shifted()]).toEqual([[], 0])
    await context.close()
  })

  test('[A33] without JavaScript the page says what it needs, and nothing that loads', async () => {
    const { context } = await aContext(world.browser, { ...PHONE, javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(`${place.origin}/chat/lobby`)
    expect(await page.locator('noscript').isVisible()).toBe(true)
    expect(await page.locator('.late').isVisible()).toBe(false)
    await context.close()
  })
})
