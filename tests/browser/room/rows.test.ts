import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import type { Message, RoomEvent } from '../../../src/shared/model.ts'
import { aContext, aScreen, DESKTOP, PHONE, type Screen } from '../../support/client/aScreen.ts'
import { usePlace } from '../../support/server/aPlace.ts'
import { event, numbers, said } from '../../support/client/aState.ts'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { PEOPLE } from '../../support/someTalk.ts'

const ada = { ...PEOPLE[0], state: 'active' as const } as { id: string; name: string; state: 'active' }
const BACK = 'Back to where you were'

const rowWith = (page: Page, text: string) => page.locator('.message', { hasText: text }).last()
const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName)

/** Answers the page's questions for history from a log, as the server does. */
async function answerHistory(page: Page, log: readonly RoomEvent[]): Promise<void> {
  await page.route('**/api/rooms/lobby/messages*', async (route) => {
    const place = new URL(route.request().url()).searchParams
    const seq = (name: string) => Number(place.get(name))
    let found = log as readonly Message[]
    if (place.has('pinned')) found = []
    else if (place.has('ids')) found = found.filter(({ id }) => place.get('ids')?.split(',').includes(id))
    else if (place.has('before')) found = found.filter((one) => one.seq < seq('before')).slice(-50)
    else if (place.has('after')) found = found.filter((one) => one.seq > seq('after')).slice(0, 50)
    else found = found.filter((one) => one.seq >= seq('around') - 25 && one.seq < seq('around') + 25)
    const [first, last] = [found[0]?.seq ?? 1, found.at(-1)?.seq ?? log.length]
    const page = { messages: found, head: log.length, floor: 1, older: first > 1, newer: last < log.length }
    await route.fulfill({ json: page })
  })
}

describe.skipIf(browserFound === null)('rows', () => {
  const place = usePlace()
  const world = useBrowser()

  async function aRoom(events: readonly RoomEvent[], size: typeof DESKTOP | typeof PHONE = DESKTOP) {
    const { context, refused } = await aContext(world.browser, size)
    const screen = await aScreen(place.origin, context, { events, people: [ada] })
    await screen.page.waitForSelector('.options button:last-of-type')
    const mine = (seq: number, more: object = {}) =>
      said(seq, { user: { id: screen.me.id, name: screen.me.name }, ...more })
    return { screen, page: screen.page, mine, refused, end: () => context.close() }
  }

  /** Opens the menu of the row that has the focus, and presses one entry, by the keyboard alone. */
  async function choose(page: Page, words: string): Promise<void> {
    await page.keyboard.press('Enter')
    await page.waitForSelector('.row-menu')
    for (let press = 0; press < 12; press += 1) {
      if ((await page.evaluate(() => document.activeElement?.textContent)) === words) break
      await page.keyboard.press('ArrowDown')
    }
    await page.keyboard.press('Enter')
    await page.waitForSelector('.row-menu', { state: 'detached' })
  }

  test('[U26, A8, A10] by the keyboard alone: react, reply, edit and delete, and the focus is never lost', async () => {
    const { screen, page, mine, end } = await aRoom([said(1, { user: ada, text: 'of Ada' })])
    screen.tell(event(mine(2, { text: 'of mine' })))
    await page.waitForSelector('[data-own]')
    const toRow = async (text: string) => {
      await page.focus('textarea')
      await page.keyboard.press('Shift+Tab')
      await page.keyboard.press('ArrowUp')
      for (let press = 0; press < 3 && !(await focused(page))?.includes(text); press += 1)
        await page.keyboard.press('ArrowUp')
      expect(await focused(page)).toContain(text)
    }
    await toRow('of Ada')
    await choose(page, '👍')
    const react = await screen.next('react')
    expect(react).toMatchObject({ target: 'id-1', emoji: '👍', on: true })
    // One of a room is on its way at a time.
    screen.tell({ type: 'ack', room: 'lobby', nonce: react.nonce, seq: 3, id: 'id-3', at: Date.now() })
    expect(await rowWith(page, 'of Ada').locator('.chip').getAttribute('aria-pressed')).toBe('true')
    expect(await focused(page)).toContain('of Ada')

    await choose(page, 'Reply')
    expect(await focused(page)).toContain('Message')
    await page.keyboard.type('an answer')
    await page.keyboard.press('Enter')
    expect(await screen.next('send')).toMatchObject({ text: 'an answer', replyTo: 'id-1' })
    expect(await page.locator('.aim').count()).toBe(0)
    expect(await focused(page)).toContain('Message')

    await toRow('of mine')
    await choose(page, 'Edit')
    expect(await page.inputValue('textarea')).toBe('of mine')
    await page.keyboard.type(' now')
    await page.keyboard.press('Enter')
    await eventually(
      'the edit',
      async () => (await rowWith(page, 'of mine').locator('.text').textContent()) === 'of mine now edited',
    )

    await toRow('of mine')
    await choose(page, 'Delete')
    await page.waitForSelector('dialog')
    await page.locator('dialog button', { hasText: 'Delete' }).click()
    await eventually(
      'the deletion',
      async () => (await page.locator('.gone').textContent()) === 'Message deleted',
    )
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(false)
    await end()
  })

  test('[A10, U26] by the mouse: the bar goes to another row, and the focus does not go with it into nothing', async () => {
    const { screen, page, mine, end } = await aRoom([said(1, { user: ada, text: 'of Ada' })])
    screen.tell(event(mine(2, { text: 'of mine' })))
    await rowWith(page, 'of mine').hover()
    await page.locator('.tool').last().click()
    await page.locator('.row-menu .row-button', { hasText: 'Copy text' }).click()
    await page.waitForSelector('.row-menu', { state: 'detached' })
    await rowWith(page, 'of Ada').hover()
    await eventually(
      'the bar is there',
      async () => (await rowWith(page, 'of Ada').locator('.tools').count()) === 1,
    )
    expect(await focused(page)).toContain('of mine')

    await rowWith(page, 'of mine').hover()
    await page.locator('.tool').last().click()
    await page.locator('.row-menu .row-button', { hasText: 'Delete' }).click()
    await page.locator('dialog button', { hasText: 'Delete' }).click()
    await eventually('the deletion', async () => (await page.locator('.gone').count()) === 1)
    expect(await focused(page)).toContain('message deleted')
    await end()
  })

  test('[U7, U65] who comes into an empty room does not move its invitation', async () => {
    const { screen, page, end } = await aRoom([])
    const top = () => page.locator('.empty').evaluate((empty) => empty.getBoundingClientRect().top)
    await page.locator('.empty button').first().waitFor()
    const before = await top()
    const bo = { id: 'bo', name: 'Bo', state: 'active' as const }
    screen.tell({ type: 'presence', room: 'lobby', version: 2, count: 3, joined: [bo] })
    await page.getByText('Bo came online').waitFor()
    expect(await top()).toBe(before)
    // Where there is hardly room for both, neither lies over the other.
    await page.setViewportSize({ width: 320, height: 480 })
    const topic = 'words and '.repeat(24)
    screen.tell(event({ kind: 'topic', seq: 1, at: Date.now(), id: 'id-1', user: ada, text: topic }))
    await page.getByText('changed the topic').waitFor()
    const [copy, line] = ['.empty button', '.edge:not([hidden]), .day'].map((of) => page.locator(of).first())
    const under = async () =>
      ((await copy?.boundingBox())?.y ?? 0) + 44 - ((await line?.boundingBox())?.y ?? 0)
    expect(await under()).toBeLessThanOrEqual(0)
    await end()
  })

  test('[U26] what is not mine cannot be edited or deleted, and pinning is a moderator’s', async () => {
    const { page, end } = await aRoom([said(1, { user: ada, text: 'of Ada' })])
    await rowWith(page, 'of Ada').click({ button: 'right' })
    const words = await page.locator('.row-menu .row-button').allTextContents()
    expect(words).toEqual(['Reply', 'Copy text', 'Copy link'])
    await page.keyboard.press('Escape')
    await eventually('the menu is closed', async () => (await page.locator('.row-menu').count()) === 0)
    await end()
  })

  test('[A32, U26] a right click opens the menu under the pointer and letting go leaves it open, also from right to left', async () => {
    const { page, end } = await aRoom(numbers(1, 40).map((seq) => said(seq, { user: ada })))
    for (const dir of ['ltr', 'rtl']) {
      await page.evaluate((to) => document.documentElement.setAttribute('dir', to), dir)
      const at = { x: dir === 'ltr' ? 500 : 700, y: 200 }
      await page.mouse.click(at.x, at.y, { button: 'right' })
      const menu = await page.locator('.row-menu').boundingBox()
      const { x = 0, width = 0, y = 0 } = menu ?? {}
      expect([dir === 'ltr' ? at.x - x : x + width - at.x, at.y - y]).toEqual([8, 8])
      await page.keyboard.press('Escape')
      await page.waitForSelector('.row-menu', { state: 'detached' })
    }
    await end()
  })

  test('[U26] with a finger a tap shows the way to the menu, a sheet at the lower edge', async () => {
    const { screen, page, end } = await aRoom([said(1, { user: ada, text: 'of Ada' })], PHONE)
    await rowWith(page, 'of Ada').tap()
    await page.locator('.tool:visible').tap()
    const sheet = await page.locator('.row-menu').boundingBox()
    expect([sheet?.x, (sheet?.y ?? 0) + (sheet?.height ?? 0), sheet?.width]).toEqual([0, 812, 375])
    await page.locator('.quick').first().tap()
    expect(await screen.next('react')).toMatchObject({ target: 'id-1', emoji: '👍' })
    await end()
  })

  test('[U24, U36] ArrowUp in the empty composer edits my last, Escape gives back the draft; a refused edit is taken back', async () => {
    const { screen, page, mine, end } = await aRoom([said(1, { user: ada })])
    screen.tell(event(mine(2, { text: 'teh end' })))
    await page.waitForSelector('[data-own]')
    await page.focus('textarea')
    await page.keyboard.press('ArrowUp')
    expect(await page.inputValue('textarea')).toBe('teh end')
    await page.keyboard.press('Escape')
    expect(await page.inputValue('textarea')).toBe('')
    await page.keyboard.type('draft')
    await page.keyboard.press('ArrowUp')
    expect(await page.inputValue('textarea')).toBe('draft')
    await page.fill('textarea', '')
    await page.keyboard.press('ArrowUp')
    await page.fill('textarea', 'the end')
    await page.keyboard.press('Enter')
    const text = rowWith(page, 'end').locator('.text')
    await eventually('it is drawn', async () => (await text.textContent()) === 'the end edited')
    // Also in a row that goes on under the name of the one before, whose time shows only where one points.
    screen.tell(
      event(mine(3, { text: 'and more', at: Date.now() })),
      event(mine(4, { text: 'again', at: Date.now() })),
    )
    await rowWith(page, 'again').waitFor()
    await page.focus('textarea')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.type(', again')
    await page.keyboard.press('Enter')
    const goesOn = page.locator('.message:not([data-first])', { hasText: 'again, again' })
    expect(await goesOn.locator('.edited').isVisible()).toBe(true)
    const { nonce } = await screen.next('edit')
    screen.tell({ type: 'error', nonce, code: 'gone', message: 'No.', retry: false })
    await eventually('it is taken back', async () => (await text.textContent()) === 'teh end')
    expect(await rowWith(page, 'end').locator('.note').textContent()).toContain('Couldn’t save your edit.')
    await end()
  })

  test('[U23] a quote far back leads there and back again to the very row', async () => {
    const log = numbers(1, 400).map((seq) =>
      said(seq, {
        user: seq === 20 ? { ...ada, name: 'Maximiliane of Ulm' } : ada,
        ...(seq === 370 && { replyTo: 'id-20' }),
      }),
    )
    const { screen, page, end } = await aRoom([])
    await answerHistory(page, log)
    screen.tell(screen.sync({ events: log.slice(-50), people: [ada] }))
    const quote = page.locator('.quote')
    await eventually(
      'the quote',
      async () => (await quote.textContent()) === 'Reply to Maximiliane of Ulm text 20',
    )
    const cut = await quote.locator('.name').evaluate((name) => name.scrollWidth - name.clientWidth)
    expect(cut, 'a name beside few words has room').toBeLessThanOrEqual(0)
    const topOf = () => rowWith(page, 'text 370').evaluate((row) => row.getBoundingClientRect().top)
    await rowWith(page, 'text 360').evaluate((row) => row.scrollIntoView())
    const before = await topOf()
    await quote.click()
    await page.waitForSelector('[data-marked]')
    expect(await page.locator('[data-marked] .text').textContent()).toBe('text 20')
    screen.tell(event(said(401, { user: ada })))
    await page.locator('button', { hasText: BACK }).click()
    await eventually('the same row', async () => Math.abs((await topOf()) - before) <= 2)
    expect(await page.locator('button', { hasText: BACK }).isVisible()).toBe(false)
    await end()
  })

  test('[U27] a link to a message opens there, pages both ways and is live again at the end', async () => {
    const log = numbers(1, 300).map((seq) => said(seq, { user: ada }))
    const { screen, page, end } = await aRoom(log.slice(-50))
    await answerHistory(page, log)
    await page.goto(`${place.origin}/chat/lobby/150`)
    await page.waitForSelector('[data-marked]')
    expect(await page.locator('[data-marked] .text').textContent()).toBe('text 150')
    const numbersNow = () =>
      page.locator('.message .text').evaluateAll((all) => all.map((one) => Number(one.textContent?.slice(5))))
    const scroll = (to: 'top' | 'end') =>
      page
        .locator('.log')
        .evaluate((log, where) => (log.scrollTop = where === 'top' ? 0 : log.scrollHeight), to)
    await eventually('older ones', async () => {
      await scroll('top')
      return (await numbersNow())[0] === 1
    })
    await eventually('the end', async () => {
      await scroll('end')
      return (await numbersNow()).at(-1) === 300
    })
    const shown = await numbersNow()
    expect(shown).toEqual(numbers(shown[0] ?? 0, 300))
    screen.tell(event(said(301, { user: ada })))
    await eventually('news', async () => (await numbersNow()).at(-1) === 301)
    await end()
  })

  test('[U20, S3] text that is formatted a moment later moves nothing that is read, and the policy has nothing to refuse', async () => {
    const long = numbers(1, 60).map((seq) =>
      said(seq, { user: ada, text: `**${seq}**\n- one\n- two\n\n\`\`\`\nx\n\`\`\`` }),
    )
    const { page, refused, end } = await aRoom(long)
    await page.waitForSelector('.text strong')
    expect(
      await page.locator('.log').evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight),
    ).toBeLessThanOrEqual(1)
    expect(await page.locator('.text strong').last().textContent()).toBe('60')
    expect(refused).toEqual([])
    await end()
  })

  test('[U24, U25] what others change is there at once: an edit, a reaction, a deletion', async () => {
    const { screen, page, end } = await aRoom([
      said(1, { user: ada, text: 'before' }),
      said(2, { user: ada, text: 'doomed' }),
    ])
    const change = (seq: number, more: object): Parameters<Screen['tell']>[0] =>
      event({
        seq,
        id: `id-${seq}`,
        at: Date.now(),
        user: ada,
        nonce: `nonce-${seq}`,
        target: 'id-1',
        ...more,
      } as never)
    screen.tell(
      change(3, { kind: 'edit', text: 'after' }),
      change(4, { kind: 'react', emoji: '🎉', on: true, count: 2 }),
      change(5, { kind: 'delete', target: 'id-2', by: 'author' }),
    )
    await eventually(
      'all three',
      async () =>
        (await page.locator('.message .text').allTextContents()).join() === 'after edited,Message deleted',
    )
    expect(await page.locator('.chip').textContent()).toBe('🎉2')
    await end()
  })
})
