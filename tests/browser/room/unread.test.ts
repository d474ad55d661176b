import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import type { Screen } from '../../support/client/aScreen.ts'
import { event, numbers, said, you } from '../../support/client/aState.ts'
import { ada, answerHistory, fromAda, scrollUp, useTimeline } from '../../support/browser/aTimeline.ts'
import { browserFound } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { everSeen } from '../../support/client/everSeen.ts'

/** The text of the message below the unread divider. */
const firstUnread = (page: Page) => page.locator('.day.new + .message .text').textContent()

const reads = ({ heard }: Screen) => heard.filter((frame) => frame.type === 'read')

/** Waits until the last message on screen is read, since messages may be read in several frames. @returns its seq */
const readAll = (screen: Screen) =>
  eventually('what is on screen is read', async () => {
    const last = await screen.page.evaluate(() => {
      const end = document.querySelector('.log')?.getBoundingClientRect().bottom ?? 0
      const rows = [...document.querySelectorAll('.message')].filter((row) => {
        const { top, height } = row.getBoundingClientRect()
        return top + height / 2 <= end + 1
      })
      return Number(rows.at(-1)?.querySelector('.text')?.textContent?.replace('text ', ''))
    })
    return reads(screen).at(-1)?.seq === last && last
  })

/** Lets time pass. @param ms by default, all that can be read on screen is read after it */
async function longEnough(ms = 800): Promise<void> {
  const end = performance.now() + ms
  await eventually('time to read', () => performance.now() > end)
}

describe.skipIf(browserFound === null)('an unread message', () => {
  const { aRoom } = useTimeline()

  test('[U70, U75, U142] is read once the newest was seen, also after a long absence; a bar leads to where the person stopped', async () => {
    const { screen, page } = await aRoom({ events: fromAda(1, 40), you: { ...you, readSeq: 40 } })
    await answerHistory(page, fromAda(1, 1_240))
    screen.tell(event(said(41)))
    await eventually('the end is read', () => reads(screen).length > 0)
    const missed = { events: fromAda(1_191, 1_240), you: { ...you, readSeq: 41, unread: 1_000 } }
    screen.tell(
      { type: 'reset', room: 'lobby', reason: 'tooOld', head: 1_240, floor: 1 },
      { ...screen.sync(missed), older: true },
    )
    await eventually('all is read', () => reads(screen).at(-1)?.seq === 1_240)
    await page.click('text=Jump to first unread')
    await eventually('the first unread', async () => (await firstUnread(page)) === 'text 42')
    await page.waitForSelector('.unread-bar', { state: 'hidden' })
  })

  test('[U70, U74] never shows in a room whose end the person looks at, and stays where they look elsewhere', async () => {
    const { screen, page } = await aRoom({ events: fromAda(1, 40), you: { ...you, readSeq: 39, unread: 1 } })
    await eventually('the end is read', () => reads(screen).length > 0)
    const marks = () =>
      `${document.title} ${document.querySelector('link[rel=icon]')?.getAttribute('href')} ${document.querySelector('.side')?.textContent?.includes('1 unread')}`
    const seen = await everSeen(page, marks)
    // Each comes before the one above it was on screen for 500 ms.
    for (const seq of numbers(41, 46)) {
      screen.tell(event(said(seq, { user: ada, text: `text ${seq}` })))
      await page.locator('.message', { hasText: `text ${seq}` }).waitFor()
      await longEnough(200)
    }
    await longEnough()
    expect(await seen()).toHaveLength(1)
    expect(reads(screen).at(-1)?.seq).toBe(46)
    // Further up, nothing is read that is not seen.
    await scrollUp(page, 300)
    screen.tell(event(said(47, { user: ada })))
    await eventually('it is unread', async () => (await page.title()) === '(1) lobby · Hubbub')
    await longEnough()
    expect(reads(screen).at(-1)?.seq).toBe(46)
  })

  test('[U70, U75] above the view keeps a room unread until its end is seen or "Mark as read" is pressed; Escape does neither', async () => {
    const events = fromAda(1, 400)
    // Empty until the page is at its message: on a slow machine, the end would be read before.
    const held: typeof events = []
    const { screen, page } = await aRoom({ events: held, you: { ...you, readSeq: 20, unread: 380 } })
    await answerHistory(page, events)
    held.push(...events.slice(-50))
    await page.goto(page.url() + '/250')
    await page.locator('[data-marked] .text', { hasText: 'text 250' }).waitFor()
    const top = () => page.locator('.log').evaluate((log) => log.scrollTop)
    const before = await top()
    await page.focus('textarea')
    await page.keyboard.press('Escape')
    await longEnough()
    expect([reads(screen), await top()]).toEqual([[], before])
    await page.click('text=Mark as read')
    await eventually('all is read', async () => (await page.title()) === 'lobby · Hubbub')
    expect([reads(screen).at(-1)?.seq ?? (await screen.next('read')).seq, await top()]).toEqual([400, before])
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('log')
  })

  test('[U70, U72, U74] is where a room opens; only what is shown is read, and the divider stays', async () => {
    const { screen, page } = await aRoom({
      events: fromAda(1, 100),
      you: { ...you, readSeq: 50, unread: 50 },
    })
    expect(await firstUnread(page)).toBe('text 51')
    const divider = await page.locator('.day.new').boundingBox()
    expect(divider?.y).toBeGreaterThan((await page.locator('.log').boundingBox())?.y ?? 0)
    const seq = await readAll(screen)
    const before = reads(screen).length
    expect(await page.title()).toBe(`(${100 - seq}) lobby · Hubbub`)
    await page.locator('.pill', { hasText: `${100 - seq} new` }).waitFor()

    // Behind a dialog nothing is read.
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('?')
    await page.waitForSelector('dialog[open]')
    await page.evaluate(() => document.querySelector('.log')?.scrollBy(0, 200))
    await longEnough()
    expect(reads(screen)).toHaveLength(before)
    await page.keyboard.press('Escape')
    await eventually('more is read', () => reads(screen).length > before)
    expect(await readAll(screen)).toBeGreaterThan(seq)

    screen.tell(event(said(101)))
    await page.click('.pill')
    await eventually('all is read', async () => (await page.title()) === 'lobby · Hubbub')
    expect(await firstUnread(page)).toBe('text 51')
    await page.focus('textarea')
    await page.keyboard.type('an answer')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.day.new', { state: 'detached' })
  })

  test('[U214] is made of a read message by its menu, and stays so while the person looks on', async () => {
    const { screen, page } = await aRoom({ events: fromAda(1, 40), you: { ...you, readSeq: 40 } })
    const row = page.locator('.message', { hasText: 'text 38' })
    await row.click({ button: 'right' })
    await page.getByText('Mark as unread').click()
    await eventually('the server is told', () => reads(screen).length > 0)
    expect(reads(screen)).toEqual([{ type: 'read', room: 'lobby', seq: 37, back: true }])
    expect(await page.title()).toBe('(3) lobby · Hubbub')
    expect(await firstUnread(page)).toBe('text 38')
    screen.tell(event(said(41, { user: ada })))
    await longEnough()
    expect([reads(screen).length, await page.title()]).toEqual([1, '(4) lobby · Hubbub'])
    await page.focus('textarea')
    await page.keyboard.type('an answer')
    await page.keyboard.press('Enter')
    await eventually('all is read', async () => (await page.title()) === 'lobby · Hubbub')
    await eventually('the server is told', () => reads(screen).at(-1)?.seq === 41)
  })

  test('[U75, U74] is marked read by Shift+Escape on the device alone, which Undo takes back', async () => {
    const mine = { ...you, readSeq: 50, unread: 50 }
    const { screen, page, refused } = await aRoom({ events: fromAda(1, 100), you: mine })
    const icon = () => page.locator('link[rel=icon]').getAttribute('href')
    await page.waitForSelector('.day.new')
    await readAll(screen)
    const before = await page.title()
    await eventually('the icon is marked', async () => (await icon())?.endsWith('/icons/unread.svg') ?? false)
    const joins = () => screen.heard.filter(({ type }) => type === 'join').length
    const [readsBefore, joinsBefore] = [reads(screen).length, joins()]

    // From the list, too.
    await page.focus('.log')
    await page.keyboard.press('Shift+Escape')
    await page.waitForSelector('.undo-line:not([hidden])')
    expect(await page.title()).toBe('lobby · Hubbub')
    expect(await icon()).toEndWith('/icons/hubbub.svg')
    expect(await page.locator('.pill').textContent()).not.toContain('new')
    await page.evaluate(() => document.querySelector('.log')?.scrollBy(0, 200))
    await longEnough()
    expect(reads(screen)).toHaveLength(readsBefore)
    const titles = await everSeen(page, () => document.title)
    await page.click('.undo-line button')
    await page.waitForSelector('.undo-line', { state: 'hidden' })
    // The count goes down again once what is on screen has been read.
    expect((await titles()).slice(0, 2)).toEqual(['lobby · Hubbub', before])
    const seq = await readAll(screen)
    await page.locator('.pill', { hasText: `${100 - seq} new` }).waitFor()
    expect(await page.title()).toStartWith(`(${100 - seq}) `)
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')
    await eventually('the server is asked for the count', () => joins() > joinsBefore)

    await page.click('.head [popovertarget]')
    await page.click('text=Mark all as read')
    await eventually('all is read', async () => (await page.title()) === 'lobby · Hubbub')
    expect(refused).toEqual([])
  })
})
