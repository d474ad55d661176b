import { describe, expect, test } from 'bun:test'
import type { Message } from '../../../src/shared/model.ts'
import { event, said } from '../../support/client/aState.ts'
import { aContext, aScreen, DESKTOP, PHONE } from '../../support/client/aScreen.ts'
import {
  ada,
  distance,
  isAtEnd,
  lastText,
  reading,
  rowCount,
  scrollUp,
  show,
  stay,
  topOf,
  useTimeline,
} from '../../support/browser/aTimeline.ts'
import { browserFound } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { talk } from '../../support/someTalk.ts'

describe.skipIf(browserFound === null)('timeline', () => {
  const { aRoom, place, world } = useTimeline()

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
