import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { aBurst } from '../../support/aBurst.ts'
import { clockOf, median, messages } from '../../support/aMeasure.ts'
import { aContext, DESKTOP } from '../../support/client/aScreen.ts'
import { usePlace } from '../../support/server/aPlace.ts'
import { aWiredPage } from '../../support/client/aWire.ts'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'

/** Each gate compares with a baseline of the same run, by the median of these (W10). */
const ROUNDS = [1, 2, 3]
const KEYS = 16

/** Runs in the page: the longest time (ms) from a key to the paint that shows it. */
async function keysToPaint(count: number): Promise<number> {
  const field = document.querySelector('textarea')!
  field.focus()
  const took: number[] = []
  for (let at = 0; at < count; at += 1) {
    await window.painted()
    const from = performance.now()
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true, cancelable: true }))
    document.execCommand('insertText', false, at % 8 === 7 ? ' ' : 'a')
    await window.painted()
    took.push(performance.now() - from)
  }
  field.value = ''
  return Math.max(...took)
}

describe.skipIf(browserFound === null)('the work of drawing', () => {
  const place = usePlace()
  const world = useBrowser()

  const rowCount = (page: Page) => page.locator('.message').count()

  test('[W5, W10] a key costs hardly more work with 400 rows than with none', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const { page, hear } = await aWiredPage(place.origin, context, 'Typist')
    const { clock } = await clockOf(page)
    const typed = async () => {
      const work: number[] = []
      const longest: number[] = []
      for (const _ of ROUNDS) {
        const keys = await clock(() => page.evaluate(keysToPaint, KEYS))
        work.push(keys.work / KEYS)
        longest.push(keys.answer)
      }
      return { work: median(work), longest }
    }
    const bare = await typed()
    for (const from of [1, 101, 201, 301]) await hear(...messages(from, 100))
    expect(await rowCount(page)).toBe(400)
    const ours = await typed()
    console.log(`[W5] work a key and the longest of ${KEYS} to its paint:`, { bare, ours })
    expect(ours.work).toBeLessThanOrEqual(1.5 * bare.work + 1)
    await context.close()
  })

  test('[W6, W10, U13] a thousand messages in one turn cost little more than 400 bare rows, and do not move a reader', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const { page, hear } = await aWiredPage(place.origin, context, 'Burst')
    const [bare, ours, painted]: [number[], number[], number[]] = [[], [], []]
    for (const round of ROUNDS) {
      const burst = await aBurst(page, round)
      bare.push(burst.bare)
      ours.push(burst.work)
      painted.push(burst.painted)
      expect(await rowCount(page)).toBeLessThanOrEqual(400)
    }
    console.log('[W6] work for 400 bare rows and for 1,000 messages, time to paint (ms):', {
      bare,
      ours,
      painted,
    })
    expect(median(ours)).toBeLessThanOrEqual(1.5 * median(bare) + 50)

    // Scrolled up a little, where new rows would push out the rows that are read.
    const row = await page.locator('.log').evaluateHandle(async (log) => {
      log.scrollTop -= 400
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
      const { top } = log.getBoundingClientRect()
      return [...log.querySelectorAll('.message')].find((one) => one.getBoundingClientRect().top > top)!
    })
    const before = await row.asElement()?.boundingBox()
    await hear(...messages(3_001, 600))
    expect(await page.locator('.pill').getAttribute('aria-label')).toContain('600')
    expect(Math.abs(((await row.asElement()?.boundingBox())?.y ?? 999) - (before?.y ?? 0))).toBeLessThan(2)
    expect(await rowCount(page)).toBeLessThanOrEqual(400)
    await context.close()
  })
})
