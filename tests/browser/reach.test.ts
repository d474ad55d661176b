/** How few keystrokes, clicks and taps a newcomer needs. */
import { describe, expect, test } from 'bun:test'
import { acknowledged, aContext, aSession, DESKTOP, PHONE, post, textsOn } from '../support/client/aScreen.ts'
import { ada, useTimeline } from '../support/browser/aTimeline.ts'
import { browserFound } from '../support/browser/browser.ts'
import { here } from '../support/browser/someScreens.ts'
import { numbers, said } from '../support/client/aState.ts'

describe.skipIf(browserFound === null)('a newcomer', () => {
  const { aRoom, place, world } = useTimeline()

  test('[U267] in a wide window sends the first message with two keystrokes besides name and text', async () => {
    const { context, refused } = await aContext(world.browser, DESKTOP)
    const page = await context.newPage()
    await page.goto(place.origin)
    await page.waitForSelector('input:focus')
    await page.keyboard.type('Lotte')
    await page.keyboard.press('Enter')
    await page.waitForSelector('textarea:focus')
    await page.keyboard.type('Good morning')
    await page.keyboard.press('Enter')
    await acknowledged(page)
    expect((await textsOn(page)).at(-1)).toBe('Good morning')
    expect(refused).toEqual([])
  })

  test('[U267] on a phone sends the first message with four taps', async () => {
    const { context, refused } = await aContext(world.browser, PHONE)
    const page = await context.newPage()
    await page.goto(place.origin)
    await page.getByLabel('Your name').tap()
    await page.keyboard.type('Pim')
    await page.getByRole('button', { name: 'Join lobby' }).tap()
    await page.locator('textarea').tap()
    await page.keyboard.type('Good evening')
    await page.getByRole('button', { name: 'Send' }).tap()
    await acknowledged(page)
    expect((await textsOn(page)).at(-1)).toBe('Good evening')
    expect(refused).toEqual([])
  })

  test('[U268] in a wide window reaches each of seven rooms by one click', async () => {
    const maker = await aContext(world.browser)
    await aSession(place.origin, maker.context, 'Maker')
    const rooms = ['archery', 'boules', 'chess', 'darts', 'epee', 'fencing']
    for (const name of rooms) await post(place.origin, maker.context, '/api/rooms', { name })
    const { context } = await aContext(world.browser, DESKTOP)
    await aSession(place.origin, context, 'Newcomer')
    const page = await context.newPage()
    await page.goto(`${place.origin}/chat/lobby`)
    for (const room of rooms) {
      const { y = Infinity } = (await page.locator(`.side a[href="/chat/${room}"]`).boundingBox()) ?? {}
      expect(y).toBeLessThan(DESKTOP.viewport.height)
    }
    await page.click('.side a[href="/chat/chess"]')
    await page.waitForSelector('textarea[aria-label="Message chess"]')
  })

  test('[A39] goes round a room with 50 links in at most 20 presses of Tab', async () => {
    const events = numbers(1, 50).map((seq) => said(seq, { user: ada, text: `https://example.org/${seq}` }))
    const { page } = await aRoom({ events, people: here })
    await page.locator('.text a').nth(49).waitFor()
    await page.waitForSelector('.emoji-button')
    const isAtStart = () => page.evaluate(() => document.activeElement?.matches('.skip') === true)
    await page.locator('.skip').focus()
    let presses = 0
    do {
      await page.keyboard.press('Tab')
      presses += 1
    } while (presses < 60 && !(await isAtStart()))
    expect(presses).toBeLessThanOrEqual(20)
  })
})
