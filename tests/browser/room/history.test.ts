import { describe, expect, test } from 'bun:test'
import { event, said } from '../../support/client/aState.ts'
import {
  ada,
  answerHistory,
  isAtEnd,
  reading,
  rowCount,
  show,
  topOf,
  useTimeline,
} from '../../support/browser/aTimeline.ts'
import { browserFound } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { talk } from '../../support/someTalk.ts'

describe.skipIf(browserFound === null)('the history of a room', () => {
  const { aRoom } = useTimeline()

  test.each([0, 50, 400])('[U15] an older page comes in without moving what is read at %d px', async (at) => {
    const log = talk(1, 200)
    const { page, screen, end } = await aRoom([])
    const { promise, resolve: measured } = Promise.withResolvers<void>()
    const { asked } = await answerHistory(page, log, promise)
    screen.tell({ ...screen.sync({ events: log.slice(-50), people: [ada] }) })
    await page.waitForSelector('.text p')
    expect(asked).toEqual([])
    await page.locator('.log').evaluate(async (list, top) => {
      list.scrollTop = top
      await new Promise((done) => requestAnimationFrame(done))
    }, at)
    const before = await reading(page)
    measured()
    await eventually('more rows', async () => (await rowCount(page)) > 50)
    expect(Math.abs((await topOf(page, before.label)) - before.top)).toBeLessThanOrEqual(2)
    expect(asked[0]).toBe(151)
    await end()
  })

  test('[U143] a first page without messages is not an empty room: what is older is loaded until it fills the screen', async () => {
    const log = talk(1, 120)
    const { page, screen, end } = await aRoom([])
    const { asked } = await answerHistory(page, log)
    const at = { seq: 620, id: 'id-620' }
    screen.tell({ ...screen.sync({ people: [ada] }), at, messages: [], head: 620, older: true })
    await page.waitForSelector('.message')
    expect(await page.locator('text=No messages yet').isVisible()).toBe(false)
    expect(asked[0]).toBe(621)
    await end()
  })

  test('[U143] where it cannot be loaded, that is said, and it can be tried again', async () => {
    const { page, screen, end } = await aRoom([])
    let asked = 0
    await page.route('**/api/rooms/lobby/messages*', (route) => {
      if (route.request().url().includes('before=')) asked += 1
      return route.abort()
    })
    const at = { seq: 620, id: 'id-620' }
    screen.tell({ ...screen.sync({ people: [ada] }), at, messages: [], head: 620, older: true })
    await page.getByRole('button', { name: 'Retry' }).click()
    await eventually('asked again', () => asked === 2)
    expect(await page.locator('text=No messages yet').isVisible()).toBe(false)
    await end()
  })

  test('[U15] scrolled to the very top, every page comes once, and the room says where it begins', async () => {
    const log = talk(1, 230)
    const { page, screen, end } = await aRoom([])
    const { asked } = await answerHistory(page, log)
    screen.tell({ ...screen.sync({ events: log.slice(-50), people: [ada] }) })
    await page.waitForSelector('.message')
    await eventually('the beginning', async () => {
      await page.locator('.log').evaluate((list) => (list.scrollTop = 0))
      return page.locator('text=This is the start of this room').isVisible()
    })
    expect(asked).toEqual([181, 131, 81, 31])
    expect(await rowCount(page)).toBe(230)
    await end()
  })

  test('[U16] of 1,500 messages at most 400 rows are in the document; up and down again none is missed or doubled', async () => {
    const { page, screen, end } = await aRoom([])
    for (let from = 1; from <= 1_500; from += 250) {
      screen.tell(...Array.from({ length: 250 }, (_, at) => event(said(from + at, { user: ada }))))
      await show(screen, `text ${from + 249}`)
      expect(await rowCount(page)).toBeLessThanOrEqual(400)
      await isAtEnd(page)
    }
    const seen = await page.locator('.log').evaluate(async (log) => {
      const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
      const numbers = () =>
        [...log.querySelectorAll('.message .text')].map((row) => Number(row.textContent?.slice(5)))
      const all = new Set<number>()
      let most = 0
      let broken = 0
      const look = () => {
        const shown = numbers()
        most = Math.max(most, shown.length)
        for (const [at, number] of shown.entries()) {
          all.add(number)
          if (at > 0 && number !== (shown[at - 1] ?? 0) + 1) broken += 1
        }
      }
      // Until it is there, or the test is over: how many frames that takes is the machine's affair.
      while (!all.has(1)) {
        log.scrollTop -= 600
        await frame()
        look()
      }
      while (numbers().at(-1) !== 1_500) {
        log.scrollTop += 600
        await frame()
        look()
      }
      return { all: all.size, most, broken, last: numbers().at(-1) }
    })
    expect(seen).toEqual({ all: 1_500, most: expect.any(Number), broken: 0, last: 1_500 })
    expect(seen.most).toBeLessThanOrEqual(400)
    await end()
  })

  test('[U16] with the newest rows trimmed, what comes only counts, and the pill loads the end', async () => {
    const { page, screen, end } = await aRoom([])
    const log = Array.from({ length: 1_000 }, (_, at) => said(at + 1, { user: ada }))
    screen.tell(screen.sync({ events: log, people: [ada] }))
    await show(screen, 'text 1000')
    const rows = await page.locator('.log').evaluate(async (log) => {
      const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
      const texts = () => [...log.querySelectorAll('.message .text')].map((row) => row.textContent)
      while (texts().at(-1) === 'text 1000') {
        log.scrollTop = 0
        await frame()
      }
      // Rows are added once a frame, as long as an edge is near.
      let count = 0
      for (let still = 0; still < 5; still += 1) {
        if (count !== texts().length) still = 0
        count = texts().length
        await frame()
      }
      return count
    })
    screen.tell(event(said(1_001, { user: ada })))
    await eventually('it counts', async () => (await page.locator('.pill').textContent()) === '1 new')
    expect(await rowCount(page)).toBe(rows)
    await page.locator('.pill').click()
    await show(screen, 'text 1001')
    await isAtEnd(page)
    await end()
  })
})
