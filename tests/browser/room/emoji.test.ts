import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { PHONE } from '../../support/client/aScreen.ts'
import { said } from '../../support/client/aState.ts'
import { useTimeline } from '../../support/browser/aTimeline.ts'
import { browserFound } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'

describe.skipIf(browserFound === null)('the emoji picker', () => {
  const { aRoom } = useTimeline()

  async function aPicker(device?: Parameters<typeof aRoom>[1]) {
    const room = await aRoom({ events: [said(1)] }, device)
    const { page } = room
    const open = async () => {
      await page.click('.emoji-button')
      await page.waitForSelector('.emoji-grid')
    }
    await open()
    return { ...room, open, cell: (name: string) => page.getByRole('button', { name, exact: true }) }
  }
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
  const firstSection = (page: Page) => page.locator('.emoji-list section').first()

  test('[U242] shows the emoji used last first, and draws people in the chosen tone, also after a reload and for :short codes:', async () => {
    const { page, open, cell } = await aPicker()
    await page.getByRole('button', { name: 'Skin tone: Default' }).click()
    await page.getByRole('radio', { name: 'Medium-dark', exact: true }).click()
    expect(await focused(page)).toBe('Skin tone: Medium-dark')
    await cell('thumbs up').click()
    await open()
    await cell('rocket').click()
    await eventually('both', async () => (await page.inputValue('textarea')) === '👍🏾🚀')
    await page.reload()
    await page.waitForSelector('textarea')
    await open()
    expect(await firstSection(page).locator('h2').textContent()).toBe('Recently used')
    expect(await firstSection(page).locator('button').allTextContents()).toEqual(['🚀', '👍🏾'])
    await page.keyboard.press('Escape')
    await page.fill('textarea', '')
    await page.keyboard.type(':wav')
    await page.waitForSelector('[role=option]')
    await page.keyboard.press('Enter')
    await eventually('a hand', async () => (await page.inputValue('textarea')) === '👋🏾 ')
    await page.keyboard.type(':taco:')
    await eventually('a taco', async () => (await page.inputValue('textarea')) === '👋🏾 🌮')
    await open()
    expect(await firstSection(page).locator('button').allTextContents()).toEqual(['🌮', '👋🏾', '🚀', '👍🏾'])
  })

  test('[U31] is not chosen from by the Enter that ends a composition in its search', async () => {
    const { page, context } = await aPicker()
    await page.focus('.picker input')
    const keyboard = await context.newCDPSession(page)
    const text = 'cat'
    await keyboard.send('Input.imeSetComposition', { text, selectionStart: 3, selectionEnd: 3 })
    const key = { key: 'Enter', windowsVirtualKeyCode: 229 }
    await keyboard.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key })
    await keyboard.send('Input.insertText', { text })
    expect(await page.locator('.picker').count()).toBe(1)
    await page.keyboard.press('Enter')
    await eventually('a cat', async () => (await page.inputValue('textarea')) === '🐱')
  })

  test('[U351] has German names where the page is German', async () => {
    const { page, cell } = await aPicker({ locale: 'de-AT' })
    await page.fill('.picker input', 'katze')
    await cell('Katzengesicht').waitFor()
    await page.fill('.picker input', ':cat')
    await cell('Katzengesicht').waitFor()
  })

  test('[U243] leads to a category, marks the one on screen, and names the emoji under the pointer and the focus', async () => {
    const { page, cell } = await aPicker()
    const tab = (name: string) => page.locator('.emoji-bar').getByRole('button', { name, exact: true })
    await tab('Food').click()
    await eventually('marked', async () => (await tab('Food').getAttribute('aria-current')) === 'true')
    await cell('grapes').hover()
    const named = (text: string) =>
      eventually(text, async () => (await page.locator('.emoji-name').textContent()) === text)
    await named('grapes  :grapes:')
    await page.fill('.picker input', 'rocket')
    expect(await tab('Food').count()).toBe(0)
    await page.keyboard.press('ArrowDown')
    await named('rocket  :rocket:')
    await page.keyboard.press('ArrowUp')
    expect(await focused(page)).toBe('Search emoji')
  })

  test('[U243] is a tidy grid in which arrow keys go to the nearest emoji of the next row, and four Tab stops', async () => {
    const { page } = await aPicker()
    const stops: (string | null | undefined)[] = []
    for (let stop = 0; stop < 4; stop += 1) {
      stops.push(await focused(page))
      await page.keyboard.press('Tab')
    }
    expect(stops).toEqual(['Search emoji', 'Skin tone: Default', 'Smileys', 'grinning face'])
    await page.locator('.emoji-grid button').first().focus()
    const boxOf = () =>
      page.evaluate(() => {
        const { left, top, width } = document.activeElement!.getBoundingClientRect()
        return { left, top, width }
      })
    await page.keyboard.press('ArrowRight')
    const start = await boxOf()
    await page.keyboard.press('ArrowDown')
    const below = await boxOf()
    expect([below.left, below.width]).toEqual([start.left, start.width])
    expect(below.top).toBeGreaterThan(start.top)
    await page.keyboard.press('End')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Home')
    expect(await focused(page)).toBe('grinning face')
  })

  test.each([320, 375])(
    '[U243] is a sheet over the whole width of a phone of %s px, with nothing to scroll sideways',
    async (width) => {
      const { height } = PHONE.viewport
      const { page, cell, open } = await aPicker({ ...PHONE, viewport: { width, height } })
      const box = (await page.locator('.picker').boundingBox())!
      expect([box.x, box.width, Math.round(box.y + box.height)]).toEqual([0, width, height])
      const isSideways = await page
        .locator('.emoji-list')
        .evaluate((list) => getComputedStyle(list).overflowX !== 'hidden' || list.scrollLeft > 0)
      expect(isSideways).toBe(false)
      // A recent one brings the tenth category.
      await cell('grinning face').tap()
      await open()
      await page.getByRole('button', { name: 'Skin tone: Default' }).tap()
      for (const [row, count] of [
        ['.emoji-grid', 30],
        ['[role=group]', 10],
        ['[role=radiogroup]', 6],
      ] as const) {
        const sizes = await page.locator(`.picker ${row} button`).evaluateAll((all) =>
          all.map((each) => {
            const { width: w, height: h } = each.getBoundingClientRect()
            return Math.min(w, h)
          }),
        )
        expect(sizes.length).toBeGreaterThanOrEqual(count)
        expect(Math.min(...sizes.slice(0, count))).toBeGreaterThanOrEqual(44)
      }
    },
  )
})
