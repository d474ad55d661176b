import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { LIMITS } from '../../../src/shared/limits.ts'
import type { Message, RoomEvent } from '../../../src/shared/model.ts'
import { event, said } from '../../support/client/aState.ts'
import { aContext, aScreen, DESKTOP, PHONE, type Screen } from '../../support/client/aScreen.ts'
import { usePlace } from '../../support/server/aPlace.ts'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { PEOPLE, talk } from '../../support/someTalk.ts'

const ada = { ...PEOPLE[0], state: 'active' as const } as { id: string; name: string; state: 'active' }

/** How far (px) the list is from its end. */
const distance = (page: Page) =>
  page.locator('.log').evaluate((log) => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight))

/** Drawn in one frame, scrolled to perhaps in the next. */
const isAtEnd = (page: Page) => eventually('at the end', async () => (await distance(page)) <= 1)

/** Scrolls so far (px) from the end, and waits until the list knows. */
async function scrollUp(page: Page, from: number): Promise<void> {
  await page.locator('.log').evaluate(async (log, far) => {
    log.scrollTop = log.scrollHeight - log.clientHeight - far
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  }, from)
}

/** What the reader reads: the second visible message, and where its top is (px). */
const reading = (page: Page) =>
  page.locator('.log').evaluate((log) => {
    const top = log.getBoundingClientRect().top
    const rows = [...log.querySelectorAll('.message')].filter(
      (row) => row.getBoundingClientRect().bottom > top,
    )
    const row = rows[1]
    return {
      label: row?.getAttribute('aria-label') ?? '',
      top: (row?.getBoundingClientRect().top ?? 0) - top,
    }
  })

const topOf = (page: Page, label: string) =>
  page.locator('.log').evaluate((log, wanted) => {
    const row = [...log.querySelectorAll('.message')].find((one) => one.getAttribute('aria-label') === wanted)
    return (row?.getBoundingClientRect().top ?? Number.NaN) - log.getBoundingClientRect().top
  }, label)

/** Scrolls so far (px) from the end, and stays until the history holds this place: it may hold one of before. */
async function stay(page: Page, from: number): Promise<void> {
  await scrollUp(page, from)
  await page.evaluate(() => {
    const { kept: _, ...rest } = history.state
    history.replaceState(rest, '')
  })
  await eventually('it is kept', () => page.evaluate(() => /^\d/.test(String(history.state?.kept))))
}

const rowCount = (page: Page) => page.locator('.message').count()
const lastText = (page: Page) => page.locator('.message .text').last().textContent()

/** Answers the page's requests for older messages from a log. */
async function answerHistory(
  page: Page,
  log: readonly RoomEvent[],
  until: Promise<unknown> = Promise.resolve(),
): Promise<{ asked: number[] }> {
  const asked: number[] = []
  await page.route('**/api/rooms/lobby/messages*', async (route) => {
    const place = new URL(route.request().url()).searchParams
    if (place.has('pinned')) return route.fulfill({ json: { messages: [], head: log.length, floor: 1 } })
    const before = Number(place.get('before'))
    asked.push(before)
    await until
    const messages = log.filter(({ seq }) => seq < before).slice(-LIMITS.history) as Message[]
    const older = (messages[0]?.seq ?? 1) > 1
    await route.fulfill({ json: { messages, head: 10_000, floor: 1, older, newer: true } })
  })
  return { asked }
}

async function show(screen: Screen, text: string): Promise<void> {
  await eventually(`“${text}” on screen`, async () => (await lastText(screen.page)) === text, 20_000)
}

describe.skipIf(browserFound === null)('timeline', () => {
  const place = usePlace()
  const world = useBrowser()

  async function aRoom(events: readonly RoomEvent[], size: typeof DESKTOP | typeof PHONE = DESKTOP) {
    const { context } = await aContext(world.browser, size)
    const screen = await aScreen(place.origin, context, { events, people: [ada] })
    if (events.length > 0) await screen.page.waitForSelector('.message')
    return { screen, page: screen.page, end: () => context.close() }
  }

  test('[U13, U14] near the end a new row is followed; further up nothing moves, and a pill says how many came; pressing it, or a message of my own, goes to the end', async () => {
    const { screen, page, end } = await aRoom(talk(1, 60))
    for (const [at, far] of [0, 79].entries()) {
      await scrollUp(page, far)
      screen.tell(event(said(61 + at, { user: ada, text: `news at ${far} px` })))
      await show(screen, `news at ${far} px`)
      await isAtEnd(page)
    }

    await scrollUp(page, 400)
    const before = await reading(page)
    screen.tell(...[63, 64, 65, 66, 67, 68, 69].map((seq) => event(said(seq, { user: ada }))))
    const pill = page.locator('.pill')
    await eventually(
      'the pill',
      async () => (await pill.getAttribute('aria-label')) === 'Jump to 7 new messages',
    )
    expect(Math.abs((await topOf(page, before.label)) - before.top)).toBeLessThanOrEqual(1)
    await pill.click()
    await isAtEnd(page)
    await pill.waitFor({ state: 'hidden' })

    await scrollUp(page, 900)
    await page.fill('textarea', 'mine')
    await page.keyboard.press('Enter')
    await show(screen, 'mine')
    await isAtEnd(page)
    await end()
  })

  test('[U32] the empty field is one line high, however long the room’s name is; icons grow with the text', async () => {
    const { context } = await aContext(world.browser, { ...PHONE, viewport: { width: 320, height: 640 } })
    const name = 'A room that somebody took a rather long time to name'
    await context.route('**/api/rooms', async (route) => {
      const rooms = await (await route.fetch()).text()
      await route.fulfill({ body: rooms.replace('"name":"lobby"', `"name":"${name}"`) })
    })
    const { page } = await aScreen(place.origin, context)
    await page.waitForSelector(`textarea[placeholder*="${name}"]`)
    const sizes = () =>
      page.evaluate(() =>
        ['textarea', '.send .icon'].map(
          (what) => document.querySelector(what)?.getBoundingClientRect().height,
        ),
      )
    expect(await sizes()).toEqual([48, 20])
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'))
    expect(await sizes()).toEqual([72, 40])
    await context.close()
  })

  test('[U13, U32] the list stays at the end while the composer grows, to 40 % of the window, and the window shrinks', async () => {
    const { page, end } = await aRoom(talk(1, 60), PHONE)
    const height = async () => (await page.locator('textarea').boundingBox())!.height
    const heights = [await height()]
    for (const lines of [3, 20]) {
      await page.fill('textarea', 'line\n'.repeat(lines))
      await eventually('the end', async () => (await distance(page)) <= 1)
      heights.push(await height())
    }
    expect(heights).toEqual(heights.toSorted((one, other) => one - other))
    expect(new Set(heights).size).toBe(3)
    expect(heights[2]).toBeLessThanOrEqual(PHONE.viewport.height * 0.4 + 1)
    await page.setViewportSize({ width: 320, height: 500 })
    await eventually('the end', async () => (await distance(page)) <= 1)
    await end()
  })

  test('[U13] the list stays at the end also where the composer grows in the very frame in which it was scrolled', async () => {
    const { page, end } = await aRoom(talk(1, 60), PHONE)
    await isAtEnd(page)
    await page.evaluate(() => {
      const [log, field] = [document.querySelector('.log'), document.querySelector('textarea')]
      if (log === null || field === null) throw new TypeError('no room')
      log.scrollTop -= 1
      field.value = 'line\n'.repeat(20)
      field.dispatchEvent(new Event('input', { bubbles: true }))
    })
    await isAtEnd(page)
    await end()
  })

  test('[U13, U82] a reader further up stays at the row: away and Back again, while the window gets narrower, and after a reload', async () => {
    const { page, end } = await aRoom(talk(1, 60), DESKTOP)
    await stay(page, 900)
    const before = await reading(page)
    await page.click('.wordmark')
    await page.waitForSelector('text=Continue as')
    await page.goBack()
    await page.waitForSelector('.message')
    await eventually('the row', async () => Math.abs((await topOf(page, before.label)) - before.top) <= 2)
    await page.setViewportSize({ width: 700, height: 800 })
    const isBack = async () => Math.abs((await topOf(page, before.label)) - before.top) <= 2
    await eventually('the row', isBack)
    await page.reload()
    await page.waitForSelector('.message')
    await eventually('the row after a reload', isBack)
    await end()
  })

  test('[U82] a reload far back in the history comes back to the very row, and from there on to the end', async () => {
    const log = talk(1, 400)
    const { page, end } = await aRoom(log.slice(-60))
    await page.route('**/api/rooms/lobby/messages*', async (route) => {
      const asked = new URL(route.request().url()).searchParams
      const [before, around, after] = ['before', 'around', 'after'].map((one) => Number(asked.get(one)))
      const from = before ? before - 51 : around ? around - 26 : after
      const messages = asked.has('pinned')
        ? []
        : (log.slice(Math.max(0, from ?? 0), before ? before - 1 : (from ?? 0) + 50) as Message[])
      const [first, last] = [messages[0]?.seq ?? 1, messages.at(-1)?.seq ?? 400]
      await route.fulfill({ json: { messages, head: 400, floor: 1, older: first > 1, newer: last < 400 } })
    })
    const firstSeq = () => page.locator('.message').count()
    for (let turn = 0; turn < 4; turn += 1) {
      const count = await firstSeq()
      // Who scrolls goes on scrolling: what is drawn in the same frame may undo one step.
      await eventually('an older page', async () => {
        await page.locator('.log').evaluate((element) => (element.scrollTop = 0))
        return (await firstSeq()) > count
      })
    }
    await stay(page, 9_000)
    const before = await reading(page)
    await page.reload()
    await page.waitForSelector('.message')
    await eventually(
      'the row after a reload',
      async () => Math.abs((await topOf(page, before.label)) - before.top) <= 2,
    )
    await page.locator('.pill').click()
    await eventually('the end', async () => (await lastText(page)) === (log.at(-1) as Message).text)
    await end()
  })

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

  test('[U18, U45] my row is there at once and lives on through its ack: the same element, the selection in it', async () => {
    const { page, screen, end } = await aRoom(talk(1, 5))
    await page.fill('textarea', 'keep this selected')
    const frames = await page.evaluate(async () => {
      const field = document.querySelector('textarea')
      const before = document.querySelectorAll('.message').length
      field?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))
      return document.querySelectorAll('.message').length - before
    })
    expect(frames).toBe(1)
    const row = page.locator('.message').last()
    await row.evaluate((element) => {
      element.setAttribute('data-mark', 'same')
      getSelection()?.selectAllChildren(element.querySelector('.text') ?? element)
    })
    const { nonce } = await screen.next('send')
    const acked = said(6, {
      user: { id: screen.me.id, name: screen.me.name },
      nonce,
      text: 'keep this selected',
    })
    screen.tell(event(acked), { type: 'ack', room: 'lobby', nonce, seq: 6, id: acked.id, at: acked.at })
    await eventually('the ack', async () => (await row.getAttribute('data-stage')) === '')
    expect(await row.getAttribute('data-mark')).toBe('same')
    expect(await page.evaluate(() => String(getSelection()))).toBe('keep this selected')
    expect(await rowCount(page)).toBe(6)
    await end()
  })

  test('[U19] 4,000 unbroken characters at 320 px make nothing wider, and fold behind “Show more”', async () => {
    const { page, end } = await aRoom([said(1, { user: ada, text: 'x'.repeat(4_000) })], {
      ...PHONE,
      viewport: { width: 320, height: 640 },
    } as never)
    const overflow = await page.locator('.log').evaluate((log) => log.scrollWidth - log.clientWidth)
    expect(overflow).toBe(0)
    const lines = () => page.locator('.message .text').evaluate((text) => Math.round(text.clientHeight / 24))
    expect(await lines()).toBe(20)
    await page.click('.fold')
    expect(await lines()).toBeGreaterThan(80)
    await end()
  })

  test('[A8, A25] the list is one Tab stop: from the header to the composer in at most six presses', async () => {
    const { page, end } = await aRoom(talk(1, 300))
    await page.focus('.head [popovertarget]')
    let presses = 0
    while (presses < 10 && !(await page.evaluate(() => document.activeElement?.tagName === 'TEXTAREA'))) {
      await page.keyboard.press('Tab')
      presses += 1
    }
    expect(presses).toBeLessThanOrEqual(6)
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('ArrowUp')
    const label = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    const last = await label()
    await page.keyboard.press('ArrowUp')
    expect(await label()).not.toBe(last)
    await page.keyboard.press('End')
    expect(await label()).toBe(last ?? '')
    await page.keyboard.press('Escape')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')
    await end()
  })

  test('[A27] a hundred messages in a moment are two announcements, the last one a count; history and my own are none', async () => {
    const { page, screen, end } = await aRoom(talk(1, 50))
    await page.evaluate(() => {
      const spoken: string[] = []
      Reflect.set(window, 'spoken', spoken)
      for (const node of document.querySelectorAll('.heard'))
        new MutationObserver((all) => {
          for (const { addedNodes } of all)
            for (const { textContent } of addedNodes) spoken.push(textContent ?? '')
        }).observe(node, { childList: true })
    })
    const spoken = () => page.evaluate(() => Reflect.get(window, 'spoken') as string[])
    await page.fill('textarea', 'my own')
    await page.keyboard.press('Enter')
    screen.tell(event(said(51, { user: ada, text: 'first' })))
    await eventually('the first', async () => (await spoken()).length > 0)
    screen.tell(...Array.from({ length: 99 }, (_, at) => event(said(52 + at, { user: ada }))))
    await eventually('the count', async () => (await spoken()).length > 1, 8_000)
    expect((await spoken()).map((text) => text.replaceAll(/[\u2068\u2069]/g, ''))).toEqual([
      'Ada: first',
      '99 new messages',
    ])
    await end()
  })
})
