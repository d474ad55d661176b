import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { event } from '../../support/client/aState.ts'
import {
  ada,
  answerHistory,
  fromAda,
  isAtEnd,
  movedBy,
  numbersOf,
  reading,
  rowCount,
  scrollUntil,
  shows,
  useTimeline,
} from '../../support/browser/aTimeline.ts'
import { browserFound } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { numbers } from '../../support/client/aState.ts'
import { talk } from '../../support/someTalk.ts'

/** Scrolls 600 px a frame up to the first message and down to the last, and notes what is drawn on the way. */
const walk = (page: Page, last: number) =>
  page.locator('.log').evaluate(async (log, end) => {
    const seen = new Set<number>()
    let max = 0
    let gaps = 0
    const step = async (by: number) => {
      log.scrollTop += by
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
      const shown = [...log.querySelectorAll('.message .text')].map((row) =>
        Number(row.textContent?.slice(5)),
      )
      max = Math.max(max, shown.length)
      gaps += shown.filter((number, at) => at > 0 && number !== (shown[at - 1] ?? 0) + 1).length
      for (const number of shown) seen.add(number)
      return shown
    }
    while ((await step(-600))[0] !== 1);
    while ((await step(600)).at(-1) !== end);
    return { seen: seen.size, max, gaps }
  }, last)

describe.skipIf(browserFound === null)('the history of a room', () => {
  const { aRoom } = useTimeline()

  test.each([0, 50, 400])(
    '[U15] loads an older page without moving what is read at %d px',
    async (scrollTop) => {
      const log = talk(1, 200)
      const { page, screen } = await aRoom()
      const { promise, resolve: answer } = Promise.withResolvers<void>()
      const asked = await answerHistory(page, log, { head: 10_000, until: promise })
      screen.tell(screen.sync({ events: log.slice(-50), people: [ada] }))
      await page.waitForSelector('.text p')
      expect(asked).toEqual([])
      await page.locator('.log').evaluate(async (list, top) => {
        list.scrollTop = top
        await new Promise((done) => requestAnimationFrame(done))
      }, scrollTop)
      const before = await reading(page)
      answer()
      await eventually('more rows', async () => (await rowCount(page)) > 50)
      expect(await movedBy(page, before)).toBeLessThanOrEqual(2)
      expect(asked[0]).toBe(151)
    },
  )

  test('[U15] loads each page once up to the start of the room', async () => {
    const log = talk(1, 230)
    const { page, screen } = await aRoom()
    const asked = await answerHistory(page, log, { head: 10_000 })
    screen.tell(screen.sync({ events: log.slice(-50), people: [ada] }))
    await page.waitForSelector('.message')
    const start = page.locator('text=This is the start of lobby')
    await scrollUntil(page, 'top', 'the start', () => start.isVisible())
    expect(asked).toEqual([181, 131, 81, 31])
    expect(await rowCount(page)).toBe(230)
  })

  test('[U143] loads older pages until a message is found; a failure offers to try again', async () => {
    const { page, screen } = await aRoom()
    await page.route('**/api/rooms/lobby/messages*', (route) => route.abort())
    const at = { seq: 620, id: 'id-620' }
    screen.tell({ ...screen.sync({ people: [ada] }), at, messages: [], head: 620, older: true })
    const retry = page.getByRole('button', { name: 'Retry' })
    await retry.waitFor()
    const asked = await answerHistory(page, talk(1, 120), { head: 620 })
    await retry.click()
    await page.waitForSelector('.message')
    expect(await page.locator('text=No messages yet').isVisible()).toBe(false)
    expect(asked[0]).toBe(621)
  })

  test('[U16] never has more than 400 rows in the document, and skips or repeats none on the way', async () => {
    const { page, screen } = await aRoom()
    for (let from = 1; from <= 1_500; from += 250) {
      screen.tell(...fromAda(from, from + 249).map((message) => event(message)))
      await shows(page, `text ${from + 249}`)
      expect(await rowCount(page)).toBeLessThanOrEqual(400)
      await isAtEnd(page)
    }
    const { seen, max, gaps } = await walk(page, 1_500)
    expect([seen, gaps]).toEqual([1_500, 0])
    expect(max).toBeLessThanOrEqual(400)
  })

  test('[U16] only counts new messages while the newest rows are trimmed; the pill loads the end', async () => {
    const { page, screen } = await aRoom({ events: fromAda(1, 1_000) })
    await shows(page, 'text 1000')
    await scrollUntil(
      page,
      'top',
      'the newest rows trimmed',
      async () => (await numbersOf(page)).at(-1) !== 1_000,
    )
    await scrollUntil(page, 'top', 'the first row', async () => (await numbersOf(page))[0] === 1)
    const before = await numbersOf(page)
    screen.tell(...fromAda(1_001, 1_001).map((message) => event(message)))
    await eventually('the count', async () => (await page.locator('.pill').textContent()) === '1 new')
    expect(await numbersOf(page)).toEqual(before)
    expect(before).toEqual(numbers(1, before.length))
    await page.locator('.pill').click()
    await shows(page, 'text 1001')
    await isAtEnd(page)
  })

  test('[U215] is entered at a date, from the line of a day and from the menu of the room', async () => {
    const day = 24 * 3_600_000
    const noon = new Date().setHours(12, 0, 0, 0)
    const log = fromAda(1, 300, (seq) => ({ at: noon - Math.ceil((300 - seq) / 10) * day }))
    const { page } = await aRoom({ events: log.slice(-50) })
    await answerHistory(page, log)
    const choose = async (daysAgo: number, first: number) => {
      const date = new Date(noon - daysAgo * day)
      const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) =>
        String(part).padStart(2, '0'),
      )
      await page.fill('dialog input[type=date]', parts.join('-'))
      await page.keyboard.press('Enter')
      await page.locator('[data-marked] .text', { hasText: `text ${first}` }).waitFor()
    }
    await page.locator('.day button', { hasText: 'Yesterday' }).click()
    expect(await page.inputValue('dialog input')).toBe(new Date(noon - day).toLocaleDateString('sv'))
    await choose(20, 100)
    await page.click('.head [popovertarget]')
    await page.getByText('Jump to a date').click()
    await choose(25, 50)
    await page.click('text=Back to where you were')
    await page.locator('.day', { hasText: 'Yesterday' }).waitFor({ state: 'detached' })
  })
})
