import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { PHONE } from '../../support/client/aScreen.ts'
import { event, numbers, person, said, you } from '../../support/client/aState.ts'
import {
  ada,
  answerHistory,
  distance,
  focused,
  fromAda,
  numbersOf,
  scrollUntil,
  useTimeline,
} from '../../support/browser/aTimeline.ts'
import { browserFound } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'

const rowWith = (page: Page, text: string) => page.locator('.message', { hasText: text }).last()
const isMenuClosed = (page: Page) => page.waitForSelector('.row-menu', { state: 'detached' })
/** After so long, a menu has opened or closed. */
async function later(ms: number): Promise<void> {
  const end = performance.now() + ms
  await eventually('time to open', () => performance.now() > end)
}

const ofAda = said(1, { user: ada, text: 'of Ada' })

describe.skipIf(browserFound === null)('a message', () => {
  const { aRoom, place } = useTimeline()

  /** Opens the menu of the focused row and chooses an entry, by the keyboard. */
  async function choose(page: Page, label: string): Promise<void> {
    await page.keyboard.press('Enter')
    await page.waitForSelector('.row-menu')
    for (let press = 0; press < 12; press += 1) {
      if ((await page.evaluate(() => document.activeElement?.textContent)) === label) break
      await page.keyboard.press('ArrowDown')
    }
    await page.keyboard.press('Enter')
    await isMenuClosed(page)
  }

  test('[U26, A8, A10] is reacted to, replied to, edited and deleted by the keyboard, and the focus is never lost', async () => {
    const { screen, page, mine } = await aRoom({ events: [ofAda] })
    screen.tell(event(mine(2, { text: 'of mine' })))
    await page.waitForSelector('[data-own]')
    const focusRow = async (text: string) => {
      await page.focus('textarea')
      await page.keyboard.press('Shift+Tab')
      await page.keyboard.press('ArrowUp')
      for (let press = 0; press < 3 && !(await focused(page))?.includes(text); press += 1)
        await page.keyboard.press('ArrowUp')
      expect(await focused(page)).toContain(text)
    }
    await focusRow('of Ada')
    await choose(page, '👍')
    const react = await screen.next('react')
    expect(react).toMatchObject({ target: 'id-1', emoji: '👍', on: true })
    // The reply waits for this ack: a room has one frame of mine on its way at a time.
    screen.tell({ type: 'ack', room: 'lobby', nonce: react.nonce, seq: 3, id: 'id-3', at: Date.now() })
    expect(await rowWith(page, 'of Ada').locator('.chip').getAttribute('aria-pressed')).toBe('true')
    expect(await focused(page)).toContain('of Ada')

    await choose(page, 'Reply')
    expect(await focused(page)).toContain('Message')
    await page.keyboard.type('an answer')
    await page.keyboard.press('Enter')
    expect(await screen.next('send')).toMatchObject({ text: 'an answer', replyTo: 'id-1' })
    expect(await page.getByRole('button', { name: 'Cancel reply' }).count()).toBe(0)
    expect(await focused(page)).toContain('Message')

    await focusRow('of mine')
    await choose(page, 'Edit')
    expect(await page.inputValue('textarea')).toBe('of mine')
    await page.keyboard.type(' now')
    await page.keyboard.press('Enter')
    await page.locator('.text', { hasText: 'of mine now edited' }).waitFor()

    await focusRow('of mine')
    await choose(page, 'Delete')
    await page.locator('dialog button', { hasText: 'Delete' }).click()
    await page.locator('.gone', { hasText: 'Message deleted' }).waitFor()
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(false)
  })

  test('[A10, U26] keeps the focus when the toolbar moves to another row, and gives it to its row when deleted', async () => {
    const { screen, page, mine } = await aRoom({ events: [ofAda] })
    screen.tell(event(mine(2, { text: 'of mine' })))
    const press = async (label: string) => {
      await rowWith(page, 'of mine').hover()
      await page.locator('.tool').last().click()
      await page.locator('.row-menu .row-button', { hasText: label }).click()
    }
    await press('Copy text')
    await isMenuClosed(page)
    await rowWith(page, 'of Ada').hover()
    await rowWith(page, 'of Ada').getByRole('toolbar').waitFor()
    expect(await focused(page)).toContain('of mine')

    await press('Delete')
    await page.locator('dialog button', { hasText: 'Delete' }).click()
    await page.locator('.gone').waitFor()
    expect(await focused(page)).toContain('message deleted')
  })

  test('[A32, U26] opens its menu at a right click, in both directions of reading, with what a guest may do', async () => {
    const { page } = await aRoom({ events: fromAda(1, 40) })
    for (const dir of ['ltr', 'rtl']) {
      await page.evaluate((to) => document.documentElement.setAttribute('dir', to), dir)
      await page.mouse.click(600, 200, { button: 'right' })
      // It lies under the pointer, or letting go of the button would close it.
      expect(await page.locator('.row-menu').evaluate((menu) => menu.matches(':hover'))).toBe(true)
      const labels = await page.locator('.row-menu .row-button').allTextContents()
      expect(labels).toEqual(['Reply', 'Copy text', 'Copy link', 'Mark as unread'])
      await page.keyboard.press('Escape')
      await isMenuClosed(page)
    }
  })

  test('[U301] shows its toolbar clear of where its words begin, in both directions of reading', async () => {
    const { page } = await aRoom({ events: fromAda(1, 3, (seq) => ({ text: seq === 2 ? 'שלום' : 'hi' })) })
    for (const [dir, text] of [
      ['ltr', 'שלום'],
      ['rtl', 'hi'],
    ] as const) {
      await page.evaluate((to) => document.documentElement.setAttribute('dir', to), dir)
      const row = rowWith(page, text)
      await row.hover()
      const toolbar = await row.getByRole('toolbar').boundingBox()
      const words = await row.locator('.text').evaluate((element) => {
        const range = document.createRange()
        range.selectNodeContents(element)
        const { left, right } = range.getBoundingClientRect()
        return { left, right }
      })
      const { x, width } = toolbar!
      expect(words.right < x || words.left > x + width).toBe(true)
    }
  })

  test.each([
    ['ltr', { ...PHONE, viewport: { width: 320, height: 568 } }],
    ['rtl', { ...PHONE, viewport: { width: 320, height: 568 } }],
    ['ltr', { viewport: { width: 320, height: 256 } }],
  ] as const)(
    '[U321] in a narrow window has its three dots clear of every text, and a link at the end of the line takes the press (%s %j)',
    async (dir, device) => {
      const text = 'A long message that goes on to the end of its first line, and over a second line.'
      const link = `https://example.org/${'long/'.repeat(9)}`
      const events = fromAda(1, 4, (seq) => ({ text: seq === 4 ? link : `${text} ${seq}` }))
      const { page } = await aRoom({ events }, device)
      await page.evaluate((to) => document.documentElement.setAttribute('dir', to), dir)
      for (const row of await page.locator('.message').all()) {
        await row.locator('.text').evaluate((element) => element.closest<HTMLElement>('.message')?.focus())
        const covered = await row.evaluate((element) => {
          const dots = element.querySelector('.tool:last-child path')!.getBoundingClientRect()
          const texts = document.createTreeWalker(document.querySelector('.log')!, NodeFilter.SHOW_TEXT)
          const under: (string | null)[] = []
          for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
            const range = document.createRange()
            range.selectNodeContents(node)
            const isUnder = Array.from(range.getClientRects()).some(
              (box) =>
                box.left < dots.right &&
                box.right > dots.left &&
                box.top < dots.bottom &&
                box.bottom > dots.top,
            )
            if (isUnder) under.push(node.textContent)
          }
          const inWindow = dots.left >= 0 && dots.right <= window.innerWidth
          return { under, inWindow }
        })
        expect(covered).toEqual({ under: [], inWindow: true })
      }
      const atTheEnd = await page.locator('.text a').evaluate((element) => {
        const { right, top } = element.getClientRects()[0]!
        return document.elementFromPoint(right - 2, top + 8)?.tagName
      })
      expect(atTheEnd).toBe('A')
    },
  )

  test('[U26] shows the way to its menu at a tap', async () => {
    const { screen, page } = await aRoom({ events: [ofAda] }, PHONE)
    await rowWith(page, 'of Ada').tap()
    await page.locator('.tool:visible').tap()
    await page.locator('.quick').first().tap()
    expect(await screen.next('react')).toMatchObject({ target: 'id-1', emoji: '👍' })
  })

  test('[U26, U210] opens a sheet at a long press, which stays when the finger lifts, says who reacted and selects the text', async () => {
    const reactions = [{ emoji: '👍', count: 1, users: [ada] }]
    const { page } = await aRoom({ events: [{ ...ofAda, reactions } as never, ...fromAda(2, 3)] }, PHONE)
    const cdp = await page.context().newCDPSession(page)
    const touch = async (
      type: 'touchStart' | 'touchMove' | 'touchEnd',
      ...touchPoints: { x: number; y: number }[]
    ) => void (await cdp.send('Input.dispatchTouchEvent', { type, touchPoints }))
    const middleOf = async (text: string, part: string) => {
      const box = await rowWith(page, text).locator(part).boundingBox()
      if (box === null) throw new Error(`nothing to press: ${text}`)
      return { x: box.x + Math.min(60, box.width / 2), y: box.y + box.height / 2 }
    }
    const sheet = page.locator('.row-menu')
    for (const _ of numbers(1, 2)) {
      await touch('touchStart', await middleOf('text 2', '.text'))
      await sheet.waitFor()
      await touch('touchEnd')
      await later(300)
      expect(await sheet.isVisible()).toBe(true)
      expect(await page.locator('.row-menu :focus-visible').count()).toBe(0)
      await page.touchscreen.tap(100, 100)
      await isMenuClosed(page)
    }
    // A finger that scrolls opens nothing.
    const at = await middleOf('text 2', '.text')
    await touch('touchStart', at)
    await touch('touchMove', { ...at, y: at.y - 30 })
    await later(600)
    expect(await sheet.count()).toBe(0)
    await touch('touchEnd')

    // At a reaction it says at once who reacted, and this stays too, until a press beside it.
    await touch('touchStart', await middleOf('of Ada', '.chip'))
    await page.locator('dialog dd', { hasText: 'Ada' }).waitFor()
    await touch('touchEnd')
    await later(300)
    expect(await page.locator('dialog').isVisible()).toBe(true)
    await page.touchscreen.tap(100, 100)
    await page.waitForSelector('dialog', { state: 'detached' })
    await touch('touchStart', await middleOf('of Ada', '.text'))
    await sheet.waitFor()
    await touch('touchEnd')
    await sheet.getByText('Who reacted').tap()
    await page.locator('dialog .button').tap()
    await touch('touchStart', await middleOf('of Ada', '.text'))
    await sheet.getByText('Select text').waitFor()
    await touch('touchEnd')
    await sheet.getByText('Select text').tap()
    expect(await page.evaluate(() => String(document.getSelection()))).toBe('of Ada')
  })

  test('[U26, U211] offers its toolbar as soon as it is stored, under a mouse that rests', async () => {
    const { screen, page } = await aRoom({ events: fromAda(1, 40) })
    const last = await page.locator('.message').last().boundingBox()
    await page.mouse.move((last?.x ?? 0) + 200, (last?.y ?? 0) + 12)
    await page.focus('textarea')
    await page.keyboard.type('mine')
    await page.keyboard.press('Enter')
    const { nonce } = await screen.next('send')
    await rowWith(page, 'mine').locator('.sending').waitFor()
    screen.tell({ type: 'ack', room: 'lobby', nonce, seq: 41, id: 'id-41', at: Date.now() })
    await rowWith(page, 'mine').getByRole('toolbar').waitFor()
    await rowWith(page, 'mine').getByRole('button', { name: 'React with 👍' }).click()
    expect(await screen.next('react')).toMatchObject({ target: 'id-41', emoji: '👍' })
    await rowWith(page, 'mine').getByRole('button', { name: 'React with another emoji' }).click()
    await page.locator('.picker').waitFor()
  })

  test('[U26, U217] that is pinned has a mark, and is listed with its day, where those who may unpin it', async () => {
    const log = fromAda(1, 300, (seq) => (seq === 20 || seq === 290 ? { pinned: true } : {}))
    const { screen, page } = await aRoom()
    await answerHistory(page, log)
    screen.tell(screen.sync({ events: log.slice(-50), people: [ada], you: { ...you, role: 'owner' } }))
    await rowWith(page, 'text 290').getByRole('img', { name: 'Pinned' }).waitFor()
    await page.getByRole('button', { name: '2 pinned' }).click()
    const items = page.locator('dialog li')
    await items.last().waitFor()
    const [first = '', second = ''] = await items.allTextContents()
    expect(first).toMatch(/^Ada.*, 12:0.*text 20$/)
    expect(second).toMatch(/^Ada.*, 12:0.*text 290$/)
    await items.last().getByRole('button', { name: 'Unpin' }).click()
    expect(await screen.next('pin')).toMatchObject({ target: 'id-290', on: false })
    await rowWith(page, 'text 290').getByRole('img', { name: 'Pinned' }).waitFor({ state: 'detached' })
    await items.getByText('text 20').click()
    await page.locator('[data-marked] .text', { hasText: 'text 20' }).waitFor()
  })

  test('[U24, U36, U216] of mine is edited by ArrowUp; Escape gives back the draft, and a refused edit is undone', async () => {
    const { screen, page, mine } = await aRoom({ events: [ofAda] })
    screen.tell(
      event(mine(2, { text: 'and', at: Date.now() })),
      event(mine(3, { text: 'teh end', at: Date.now() })),
    )
    await rowWith(page, 'teh end').waitFor()
    const composer = () => page.inputValue('textarea')
    await page.focus('textarea')
    await page.keyboard.press('ArrowUp')
    expect(await composer()).toBe('teh end')
    expect(await page.locator('[data-editing] .text').allTextContents()).toEqual(['teh end'])
    await page.keyboard.press('Escape')
    expect(await composer()).toBe('')
    expect(await page.locator('[data-editing]').count()).toBe(0)
    await page.keyboard.type('draft')
    await page.keyboard.press('ArrowUp')
    expect(await composer()).toBe('draft')
    await page.fill('textarea', '')
    await page.keyboard.press('ArrowUp')
    await page.fill('textarea', 'the end')
    await page.keyboard.press('Enter')
    // "edited" is visible in a row without a header, too, whose time shows only under the pointer.
    const row = page.locator('.message:not([data-first])', { hasText: 'the end' })
    await row.locator('.text time').waitFor()
    const { nonce } = await screen.next('edit')
    screen.tell({ type: 'error', nonce, code: 'gone', message: 'No.', retry: false })
    await rowWith(page, 'teh end').locator('.note', { hasText: 'Couldn’t save your edit.' }).waitFor()
  })

  test('[U23] that quotes one far back leads there, and back again to the same place', async () => {
    const log = fromAda(1, 400, (seq) => (seq === 370 ? { replyTo: 'id-20' } : {}))
    const { screen, page } = await aRoom()
    await answerHistory(page, log)
    screen.tell(screen.sync({ events: log.slice(-50), people: [ada] }))
    const quote = page.locator('.quote', { hasText: 'Reply to Ada text 20' })
    await quote.waitFor()
    const topOf = () => rowWith(page, 'text 370').evaluate((row) => row.getBoundingClientRect().top)
    await rowWith(page, 'text 360').evaluate((row) => row.scrollIntoView())
    const before = await topOf()
    await quote.click()
    await page.locator('[data-marked] .text', { hasText: 'text 20' }).waitFor()
    screen.tell(event(said(401, { user: ada })))
    const back = page.locator('button', { hasText: 'Back to where you were' })
    await back.click()
    await eventually('the same place', async () => Math.abs((await topOf()) - before) <= 2)
    expect(await back.isVisible()).toBe(false)
  })

  test('[U27] is marked when its link is opened; the list loads both ways and is live at the end', async () => {
    const log = fromAda(1, 300)
    const { screen, page } = await aRoom({ events: log.slice(-50) })
    await answerHistory(page, log)
    await page.goto(`${place.origin}/chat/lobby/150`)
    await page.locator('[data-marked] .text', { hasText: 'text 150' }).waitFor()
    await scrollUntil(page, 'top', 'the first message', async () => (await numbersOf(page))[0] === 1)
    await scrollUntil(page, 'end', 'the last message', async () => (await numbersOf(page)).at(-1) === 300)
    const shown = await numbersOf(page)
    expect(shown).toEqual(numbers(shown[0] ?? 0, 300))
    screen.tell(event(said(301, { user: ada })))
    await eventually('a new message', async () => (await numbersOf(page)).at(-1) === 301)
  })

  test('[U27, U80] of this room is jumped to by its link, again and again, and left by the way back', async () => {
    const log = fromAda(1, 300, (seq) => (seq === 295 ? { text: `see ${place.origin}/chat/lobby/150` } : {}))
    const { page } = await aRoom({ events: log.slice(-50) })
    await answerHistory(page, log)
    const link = page.locator('.message a', { hasText: '/chat/lobby/150' })
    for (const _ of numbers(1, 2)) {
      await link.click()
      await page.locator('[data-marked] .text', { hasText: 'text 150' }).waitFor()
      await page.locator('button', { hasText: 'Back to where you were' }).click()
      await link.waitFor()
    }
    expect([page.context().pages().length, page.url()]).toEqual([1, `${place.origin}/chat/lobby`])
  })

  test('[U20, S3] is formatted without moving the end of the list, and breaks no rule of the policy', async () => {
    const events = fromAda(1, 60, (seq) => ({ text: `**${seq}**\n- one\n- two\n\n\`\`\`\nx\n\`\`\`` }))
    const { page, refused } = await aRoom({ events })
    await page.locator('.text strong', { hasText: '60' }).waitFor()
    expect(await distance(page)).toBeLessThanOrEqual(1)
    expect(refused).toEqual([])
  })

  test('[U7, U65] that is missing leaves an invitation, which a presence line does not move', async () => {
    const { screen, page } = await aRoom()
    const top = () => page.locator('.empty').evaluate((empty) => empty.getBoundingClientRect().top)
    await page.locator('.empty button').first().waitFor()
    const before = await top()
    const joined = [person({ id: 'bo', name: 'Bo' })]
    screen.tell({ type: 'presence', room: 'lobby', version: 2, count: 3, joined })
    await page.getByText('Bo came online').waitFor()
    expect(await top()).toBe(before)
  })
})
