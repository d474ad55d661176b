import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import type { Screen } from '../../support/client/aScreen.ts'
import { event, said, you } from '../../support/client/aState.ts'
import { answerHistory, fromAda, useTimeline } from '../../support/browser/aTimeline.ts'
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

/** After this long, all that can be read on screen is read. */
async function longEnough(): Promise<void> {
  const end = performance.now() + 800
  await eventually('time to read', () => performance.now() > end)
}

describe.skipIf(browserFound === null)('an unread message', () => {
  const { aRoom } = useTimeline()

  test('[U70, U142] stays unread after a long absence, with a way to where the person stopped reading', async () => {
    const { screen, page } = await aRoom({ events: fromAda(1, 40), you: { ...you, readSeq: 40 } })
    screen.tell(event(said(41)))
    await eventually('the end is read', () => reads(screen).length > 0)
    const before = reads(screen).length
    const missed = { events: fromAda(1_191, 1_240), you: { ...you, readSeq: 41, unread: 1_000 } }
    screen.tell(
      { type: 'reset', room: 'lobby', reason: 'tooOld', head: 1_240, floor: 1 },
      { ...screen.sync(missed), older: true },
    )
    await page.locator('.unread-bar:not([hidden])', { hasText: 'Jump to first unread' }).waitFor()
    await longEnough()
    expect(reads(screen)).toHaveLength(before)
    await page.click('.unread-bar button:last-child')
    await eventually('all is read', () => reads(screen).some(({ seq }) => seq === 1_240))
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
    await page.keyboard.press('Escape')
    await page.waitForSelector('.day.new', { state: 'detached' })
  })

  test('[U75, U72] above what is loaded can be jumped to; until then nothing is read', async () => {
    const events = fromAda(151, 200)
    const { screen, page } = await aRoom({ events, you: { ...you, readSeq: 20, unread: 180 } })
    await answerHistory(page, fromAda(1, 200))
    await page.waitForSelector('.unread-bar:not([hidden])')
    await longEnough()
    expect(await page.title()).toBe('(99+) lobby · Hubbub')
    await page.click('text=Jump to first unread')
    await eventually('the first unread', async () => (await firstUnread(page)) === 'text 21')
    expect((await screen.next('read')).seq).toBeLessThan(60)
    expect(await page.locator('.unread-bar').isVisible()).toBe(false)
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

    await page.keyboard.press('Shift+Escape')
    await page.waitForSelector('.side-note:not([hidden])')
    expect(await page.title()).toBe('lobby · Hubbub')
    expect(await icon()).toEndWith('/icons/hubbub.svg')
    expect(await page.locator('.pill').textContent()).not.toContain('new')
    await page.evaluate(() => document.querySelector('.log')?.scrollBy(0, 200))
    await longEnough()
    expect(reads(screen)).toHaveLength(readsBefore)
    const titles = await everSeen(page, () => document.title)
    await page.click('.side-note button')
    await page.waitForSelector('.side-note', { state: 'hidden' })
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
