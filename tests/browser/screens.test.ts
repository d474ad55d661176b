import { describe, expect, test } from 'bun:test'
import { CLOSE } from '../../src/shared/errors.ts'
import { usePlace } from '../support/server/aPlace.ts'
import { aContext, aScreen, DESKTOP, hasDraft, say, stopWriting } from '../support/client/aScreen.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { openSettings, toLobby } from '../support/browser/someScreens.ts'

describe.skipIf(browserFound === null)('screens', () => {
  const place = usePlace()
  const world = useBrowser()

  test('[V13] a closed sidebar stays closed after a reload', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const { page } = await aScreen(place.origin, context, toLobby)
    expect(await page.locator('.side').isVisible()).toBe(true)
    await page.click('[aria-controls=sidebar]')
    expect(await page.locator('.side').isVisible()).toBe(false)
    await page.reload()
    await page.waitForSelector('textarea')
    expect(await page.locator('.side').isVisible()).toBe(false)
    await context.close()
  })

  test('[V9] a chosen theme holds in every tab, and before the first paint after a reload', async () => {
    const { context } = await aContext(world.browser, { ...DESKTOP, colorScheme: 'light' })
    const { page } = await aScreen(place.origin, context, toLobby)
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await ground()
    await openSettings(page)
    await page.click('text=Dark')
    const dark = await ground()
    expect(dark).not.toBe(light)
    const other = await context.newPage()
    await other.goto(place.origin)
    expect(await other.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(dark)
    await page.click('text=Light')
    await other.waitForFunction((ground) => getComputedStyle(document.body).backgroundColor === ground, light)
    await page.click('text=Dark')
    // Without the client's script only theme.js can set the theme.
    await page.route('**/assets/main-*.js', (route) => route.abort())
    await page.reload()
    expect(await ground()).toBe(dark)
    await context.close()
  })

  test('[R22, U55] a final close offers a reload that cannot be dismissed, with unsent messages and drafts on the device already', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const screen = await aScreen(place.origin, context, toLobby)
    const { page } = screen
    await stopWriting(page)
    await page.evaluate(() => {
      new MutationObserver((_, observer) => {
        if (document.querySelector('dialog') === null) return
        observer.disconnect()
        document.body.dataset.kept = Object.values(localStorage).join()
      }).observe(document.body, { childList: true, subtree: true })
    })
    await say(page, 'not sent yet')
    await page.fill('textarea', 'half a thought')
    await screen.close(CLOSE.version)
    await page.waitForSelector('dialog[open]')
    await page.keyboard.press('Escape')
    expect(await page.locator('dialog[open]').count()).toBe(1)
    const kept = await page.evaluate(() => document.body.dataset.kept)
    expect(kept).toContain('not sent yet')
    expect(kept).toContain('half a thought')
    await page.click('dialog button')
    await hasDraft(page, 'half a thought')
    expect(await screen.next('send')).toMatchObject({ text: 'not sent yet' })
    await context.close()
  })

  test('[U86, U141] a room that I am no longer in shows no rows, and its button joins again', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const screen = await aScreen(place.origin, context, toLobby)
    await screen.next('join')
    screen.tell({ type: 'reset', room: 'lobby', reason: 'access' })
    await screen.page.waitForSelector('.page')
    expect(await screen.page.locator('.message').count()).toBe(0)
    await screen.page.getByRole('button', { name: 'Join' }).click()
    expect(await screen.next('join')).toMatchObject({ room: 'lobby', limit: 50 })
    await screen.page.waitForSelector('.message')
    await context.close()
  })
})
