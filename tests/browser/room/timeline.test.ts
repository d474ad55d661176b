import { describe, expect, test } from 'bun:test'
import type { Message } from '../../../src/shared/model.ts'
import { event, said } from '../../support/client/aState.ts'
import { DESKTOP, PHONE } from '../../support/client/aScreen.ts'
import {
  ada,
  answerHistory,
  distance,
  focused,
  fromAda,
  heardFrom,
  isAtEnd,
  isBack,
  movedBy,
  reading,
  rowCount,
  scrollUntil,
  scrollUp,
  shows,
  stay,
  useTimeline,
} from '../../support/browser/aTimeline.ts'
import { browserFound } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { talk } from '../../support/someTalk.ts'

describe.skipIf(browserFound === null)('the timeline', () => {
  const { aRoom } = useTimeline()

  test('[U13, U14] follows new messages near the end; further up it stands still and a pill counts them', async () => {
    const { screen, page } = await aRoom({ events: talk(1, 60) })
    for (const [at, px] of [0, 79].entries()) {
      await scrollUp(page, px)
      screen.tell(event(said(61 + at, { user: ada, text: `news at ${px} px` })))
      await shows(page, `news at ${px} px`)
      await isAtEnd(page)
    }

    await scrollUp(page, 400)
    const before = await reading(page)
    screen.tell(...fromAda(63, 69).map((message) => event(message)))
    const pill = page.getByRole('button', { name: 'Jump to 7 new messages' })
    await pill.waitFor()
    expect(await movedBy(page, before)).toBeLessThanOrEqual(1)
    await pill.click()
    await isAtEnd(page)
    await pill.waitFor({ state: 'hidden' })

    await scrollUp(page, 900)
    await page.fill('textarea', 'mine')
    await page.keyboard.press('Enter')
    await shows(page, 'mine')
    await isAtEnd(page)
  })

  test('[U13, U32] stays at the end while the composer grows, up to 40 % of the window, and the window shrinks', async () => {
    const { page } = await aRoom({ events: talk(1, 60) }, PHONE)
    const heights: number[] = []
    for (const lines of [0, 3, 20]) {
      await page.fill('textarea', 'line\n'.repeat(lines))
      await isAtEnd(page)
      heights.push((await page.locator('textarea').boundingBox())?.height ?? 0)
    }
    const [empty = 0, some = 0, most = 0] = heights
    expect(some > empty && most > some && most <= PHONE.viewport.height * 0.4 + 1).toBe(true)
    await page.setViewportSize({ width: 320, height: 500 })
    await isAtEnd(page)
  })

  test('[U13, U32] stays at the end while a browser that sizes no fields lets the composer grow', async () => {
    const { page } = await aRoom({ events: talk(1, 60) })
    await page.addInitScript(() => {
      const supports = CSS.supports.bind(CSS) as (...all: string[]) => boolean
      CSS.supports = (...all: string[]) => all[0] !== 'field-sizing' && supports(...all)
    })
    await page.reload()
    await page.waitForSelector('.message')
    await page.locator('textarea').evaluate((field) => field.style.setProperty('field-sizing', 'fixed'))
    await isAtEnd(page)
    const heights: number[] = []
    for (const lines of [1, 6, 9, 2]) {
      await page.fill('textarea', 'line\n'.repeat(lines))
      await isAtEnd(page)
      heights.push((await page.locator('textarea').boundingBox())?.height ?? 0)
    }
    const [one = 0, six = 0, nine = 0, two = 0] = heights
    expect(one < two && two < six && six < nine).toBe(true)
    await page.keyboard.press('Enter')
    await shows(page, 'line\nline\n')
    await isAtEnd(page)
  })

  test('[U13] stays at the end if the composer grows in the frame in which the list was scrolled', async () => {
    const { page } = await aRoom({ events: talk(1, 60) }, PHONE)
    await isAtEnd(page)
    await page.evaluate(() => {
      const [log, field] = [document.querySelector('.log')!, document.querySelector('textarea')!]
      log.scrollTop -= 1
      field.value = 'line\n'.repeat(20)
      field.dispatchEvent(new Event('input', { bubbles: true }))
    })
    await isAtEnd(page)
  })

  test('[U13, U82] keeps a reader further up at their message: after Back, in a narrower window, after a reload', async () => {
    const { page } = await aRoom({ events: talk(1, 60) })
    await stay(page, 900)
    const before = await reading(page)
    await page.evaluate(() => {
      const link = document.createElement('a')
      link.href = '/'
      document.body.append(link)
      link.click()
    })
    await page.waitForSelector('text=Continue as')
    await page.goBack()
    await isBack(page, before)
    await page.setViewportSize({ width: 700, height: 800 })
    await isBack(page, before)
    await page.reload()
    await isBack(page, before)
  })

  test('[U82] comes back to the message being read after a reload far back in the history', async () => {
    const log = talk(1, 400)
    const { page } = await aRoom({ events: log.slice(-60) })
    await answerHistory(page, log)
    for (let turn = 0; turn < 4; turn += 1) {
      const count = await rowCount(page)
      await scrollUntil(page, 'top', 'an older page', async () => (await rowCount(page)) > count)
    }
    await stay(page, 9_000)
    const before = await reading(page)
    await page.reload()
    await isBack(page, before)
    await page.locator('.pill').click()
    await shows(page, (log.at(-1) as Message).text ?? '')
  })

  test('[U18, U45] shows my message at once, and keeps its element and the selection in it when it is acked', async () => {
    const { page, screen, mine } = await aRoom({ events: talk(1, 5) })
    await page.fill('textarea', 'keep this selected')
    const added = await page.evaluate(() => {
      const before = document.querySelectorAll('.message').length
      const enter = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })
      document.querySelector('textarea')?.dispatchEvent(enter)
      return document.querySelectorAll('.message').length - before
    })
    expect(added).toBe(1)
    const row = page.locator('.message').last()
    await row.evaluate((element) => {
      element.setAttribute('data-mark', 'same')
      getSelection()?.selectAllChildren(element.querySelector('.text') ?? element)
    })
    const { nonce } = await screen.next('send')
    const acked = mine(6, { nonce, text: 'keep this selected' })
    screen.tell(event(acked), { type: 'ack', room: 'lobby', nonce, seq: 6, id: acked.id, at: acked.at })
    await eventually('the ack', async () => (await row.getAttribute('data-stage')) === '')
    expect(await row.getAttribute('data-mark')).toBe('same')
    expect(await page.evaluate(() => String(getSelection()))).toBe('keep this selected')
    expect(await rowCount(page)).toBe(6)
  })

  test('[U19] folds a message of 4,000 unbroken characters, which makes nothing wider at 320 px', async () => {
    const size = { ...PHONE, viewport: { width: 320, height: 640 } }
    const { page } = await aRoom({ events: [said(1, { user: ada, text: 'x'.repeat(4_000) })] }, size)
    expect(await page.locator('.log').evaluate((log) => log.scrollWidth - log.clientWidth)).toBe(0)
    const lines = () => page.locator('.message .text').evaluate((text) => Math.round(text.clientHeight / 24))
    expect(await lines()).toBe(20)
    await page.click('.message [aria-expanded]')
    expect(await lines()).toBeGreaterThan(80)
  })

  test('[U19] fades the end of a long text only where it is cut off', async () => {
    const texts = ['x'.repeat(4_000), 'several words '.repeat(40)]
    const { page } = await aRoom({ events: texts.map((text, at) => said(1 + at, { user: ada, text })) })
    await page.locator('.message [aria-expanded]').waitFor()
    const masks = () =>
      page
        .locator('.message .text')
        .evaluateAll((all) => all.map((text) => getComputedStyle(text).maskImage !== 'none'))
    expect(await masks()).toEqual([true, false])
    await page.click('.message [aria-expanded]')
    expect(await masks()).toEqual([false, false])
  })

  test('[A8, A25] is one Tab stop, in which the arrow keys move; six presses lead from the header to the composer', async () => {
    const links = fromAda(301, 350, (seq) => ({ text: `see https://example.com/${seq}` }))
    const { page } = await aRoom({ events: [...talk(1, 300), ...links] })
    await page.locator('.message a', { hasText: '/350' }).waitFor()
    const composer = 'Message lobby'
    await page.focus('.head [popovertarget]')
    let presses = 0
    for (; presses < 10 && (await focused(page)) !== composer; presses += 1) await page.keyboard.press('Tab')
    expect(presses).toBeLessThanOrEqual(6)
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('ArrowUp')
    const last = (await focused(page)) ?? ''
    await page.keyboard.press('ArrowUp')
    expect(await focused(page)).not.toBe(last)
    await page.keyboard.press('End')
    expect(await focused(page)).toBe(last)
    // Within a message, the arrow keys reach its links and buttons.
    await page.keyboard.press('ArrowRight')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('https://example.com/350')
    await page.keyboard.press('Escape')
    expect(await focused(page)).toBe(last)
    await page.keyboard.press('Escape')
    expect(await focused(page)).toBe(composer)
    // Straight after F6, Enter opens the menu of the newest message.
    await page.keyboard.press('Shift+F6')
    await page.keyboard.press('Shift+F6')
    while (!(await focused(page))?.startsWith('Messages in')) await page.keyboard.press('F6')
    await page.keyboard.press('Enter')
    await page.locator('.row-menu').waitFor()
  })

  test('[A27] announces a hundred messages in two sentences; history and messages of mine are silent', async () => {
    const { page, screen } = await aRoom({ events: talk(1, 50) }, DESKTOP)
    const spoken = await heardFrom(page)
    await page.fill('textarea', 'my own')
    await page.keyboard.press('Enter')
    screen.tell(event(said(51, { user: ada, text: 'first' })))
    await eventually('the first', async () => (await spoken()).join().includes('Ada: first'))
    screen.tell(...fromAda(52, 150).map((message) => event(message)))
    await eventually('the count', async () => (await spoken()).join().includes('99 new messages'), 8_000)
    const sentences = new Set((await spoken()).flatMap((lines) => lines.split('|')))
    const news = [...sentences].filter((text) => text !== '' && !text.startsWith('lobby,'))
    expect(news).toEqual(['Ada: first', '99 new messages'])
    expect(await distance(page)).toBeLessThanOrEqual(1)
  })
})
