import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { en } from '../support/client/english.ts'
import { fromAda, isBack, reading, scrollUp, useTimeline } from '../support/browser/aTimeline.ts'
import { browserFound } from '../support/browser/browser.ts'
import { openSettings } from '../support/browser/someScreens.ts'
import { DESKTOP } from '../support/client/aScreen.ts'

const { settings, common } = en
const SMALL = { viewport: { width: 320, height: 480 }, hasTouch: true, isMobile: true } as const

describe.skipIf(browserFound === null)('settings', () => {
  const { aRoom } = useTimeline()

  const choose = (page: Page, label: string) => page.locator('.choice label', { hasText: label }).click()
  /** px from the top of the tenth message to the top of the one after it */
  const rowHeight = (page: Page) =>
    page.locator('.message').evaluateAll((rows) => {
      const [top = 0, next = 0] = rows.slice(9, 11).map((row) => row.getBoundingClientRect().top)
      return next - top
    })

  test('[U254] compact density makes messages lower, and the reader stays where they read', async () => {
    // Each message has a header, since each is ten minutes after the one before it.
    const { page } = await aRoom({ events: fromAda(1, 60, (seq) => ({ at: seq * 600_000 })) })
    await scrollUp(page, 900)
    const [before, comfortable] = [await reading(page), await rowHeight(page)]
    await openSettings(page)
    await choose(page, settings.density.values.compact)
    await page.getByRole('button', { name: common.done }).click()
    await isBack(page, before)
    const ratio = (await rowHeight(page)) / comfortable
    expect(ratio).toBeGreaterThan(0.6)
    expect(ratio).toBeLessThan(0.72)
  })

  test('[U255] in a small window ✕ and Done stay in view, everything fits, and a finger has 44 px', async () => {
    const { page } = await aRoom({}, SMALL)
    await openSettings(page)
    const body = page.locator('.settings')
    await body.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2))
    for (const name of [common.close, common.done])
      expect(await page.getByRole('button', { name, exact: true }).isVisible()).toBe(true)
    const { tooWide, tooLow } = await body.evaluate((element) => ({
      tooWide: element.scrollWidth - element.clientWidth,
      tooLow: [...element.querySelectorAll('label:has(input[type=radio])')].filter(
        (label) => label.getBoundingClientRect().height < 44,
      ).length,
    }))
    expect([tooWide, tooLow]).toEqual([0, 0])
    await page.getByRole('button', { name: common.close, exact: true }).tap()
    await page.locator('dialog').waitFor({ state: 'detached' })
  })

  test('[U255] in a wide window the settings stand in groups with headings', async () => {
    const { page } = await aRoom({}, DESKTOP)
    await openSettings(page)
    const titles = await page.locator('.settings h3').allTextContents()
    expect(titles).toEqual(Object.values(settings.groups))
  })
})
