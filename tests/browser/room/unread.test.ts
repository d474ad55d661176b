import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import type { Message } from '../../../src/shared/model.ts'
import { aContext, aScreen, DESKTOP, type Screen } from '../../support/client/aScreen.ts'
import { usePlace } from '../../support/server/aPlace.ts'
import { event, history, numbers, said, you } from '../../support/client/aState.ts'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { everSeen } from '../../support/client/everSeen.ts'
import { everybody as people } from '../../support/browser/someScreens.ts'

const talk = (from: number, to: number) => numbers(from, to).map((seq) => said(seq)) as Message[]

/** Where the line stands, from the top of the list (px); null: nowhere. */
const line = (page: Page) =>
  page.evaluate(() => {
    const top = document.querySelector('.log')?.getBoundingClientRect().top ?? 0
    const found = document.querySelector('.day.new')?.getBoundingClientRect().top
    return found === undefined ? null : Math.round(found - top)
  })
/** The text of the row below the line. */
const below = (page: Page) =>
  page.evaluate(
    () => document.querySelector('.day.new')?.nextElementSibling?.querySelector('.text')?.textContent,
  )

/** Rows are read as they come to rest, in one frame to the server or in several: waits for the last. @returns how far */
async function shownIsRead({ page, heard }: Screen): Promise<number> {
  return await eventually('what is on screen is read', async () => {
    const last = await page.evaluate(() => {
      const end = document.querySelector('.log')?.getBoundingClientRect().bottom ?? 0
      const rows = [...document.querySelectorAll('.message')].filter((row) => {
        const { top, height } = row.getBoundingClientRect()
        return top + height / 2 <= end + 1
      })
      return Number(rows.at(-1)?.querySelector('.text')?.textContent?.replace('text ', ''))
    })
    const read = heard.findLast((frame) => frame.type === 'read')
    return read?.seq === last && last
  })
}

/** What would be read by being on screen is read by now. */
async function longEnough(): Promise<void> {
  const end = performance.now() + 800
  await eventually('time enough to read', () => performance.now() > end)
}

describe.skipIf(browserFound === null)('what is not read', () => {
  const place = usePlace()
  const world = useBrowser()

  test('[U70, U142] after a long absence what was missed is not read, and there is a way to where one stopped', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const mine = { ...you, readSeq: 40, unread: 0 }
    const screen = await aScreen(place.origin, context, { events: talk(1, 40), people, you: mine })
    const { page } = screen
    screen.tell(event(said(41)))
    await eventually('the end is read', () => screen.heard.some((frame) => frame.type === 'read'))
    const reads = () => screen.heard.filter(({ type }) => type === 'read').length
    const before = reads()
    const missed = { events: talk(1_191, 1_240), people, you: { ...you, readSeq: 41, unread: 1_000 } }
    screen.tell(
      { type: 'reset', room: 'lobby', reason: 'tooOld', head: 1_240, floor: 1 },
      { ...screen.sync(missed), older: true },
    )
    await page.waitForSelector('.unread-bar:not([hidden])')
    expect(await page.locator('.unread-bar').textContent()).toContain('Jump to first unread')
    await longEnough()
    expect(reads()).toBe(before)
    await page.click('.unread-bar button:last-child')
    await eventually('all is read', () =>
      screen.heard.some((frame) => frame.type === 'read' && frame.seq === 1_240),
    )
    await context.close()
  })

  test('[U70, U72, U74] a room opens at the first message not read; only what is shown is read, and the line stays', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const mine = { ...you, readSeq: 50, unread: 50 }
    const screen = await aScreen(place.origin, context, { events: talk(1, 100), people, you: mine })
    const { page } = screen
    await page.waitForSelector('.day.new')
    expect(await below(page)).toBe('text 51')
    expect(await line(page)).toBeGreaterThan(0)
    const seq = await shownIsRead(screen)
    const reads = () => screen.heard.filter(({ type }) => type === 'read').length
    const before = reads()
    expect(await page.title()).toBe(`(${100 - seq}) lobby · Hubbub`)
    await eventually('the pill counts what is below', async () => {
      const left = await page.locator('.pill').textContent()
      return left === `${100 - seq} new`
    })

    // Behind a dialog nothing is read.
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('?')
    await page.waitForSelector('dialog[open]')
    await page.evaluate(() => document.querySelector('.log')?.scrollBy(0, 200))
    await longEnough()
    expect(reads()).toBe(before)
    await page.keyboard.press('Escape')
    await eventually('more is read', () => reads() > before)
    expect(await shownIsRead(screen)).toBeGreaterThan(seq)

    screen.tell(event(said(101)))
    await page.click('.pill')
    await eventually('all is read', async () => (await page.title()) === 'lobby · Hubbub')
    expect(await below(page)).toBe('text 51')
    await page.focus('textarea')
    await page.keyboard.press('Escape')
    await page.waitForSelector('.day.new', { state: 'detached' })
    await context.close()
  })

  test('[U75, U72] the first message not read is gone to, also further up than what is loaded; nothing was read before', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const mine = { ...you, readSeq: 20, unread: 180 }
    const screen = await aScreen(place.origin, context, { events: talk(151, 200), people, you: mine })
    const { page } = screen
    await page.route('**/api/rooms/lobby/messages*', async (route) => {
      const asked = new URL(route.request().url()).searchParams
      const [before, around] = ['before', 'around'].map((one) => Number(asked.get(one))) as [number, number]
      const first = Math.max(1, before > 0 ? before - 50 : around - 25)
      const messages = before + around > 0 ? talk(first, before > 0 ? before - 1 : around + 24) : []
      await route.fulfill({ json: history(messages, { head: 200, older: first > 1, newer: true }) })
    })
    await page.waitForSelector('.unread-bar:not([hidden])')
    await longEnough()
    expect(await page.title()).toBe('(99+) lobby · Hubbub')
    await page.click('text=Jump to first unread')
    await eventually('the first not read', async () => (await below(page)) === 'text 21')
    expect((await screen.next('read')).seq).toBeLessThan(60)
    expect(await page.locator('.unread-bar').isVisible()).toBe(false)
    await context.close()
  })

  test('[U75, U74] Shift+Escape marks all read, title and icon say so, nothing is sent, and Undo in the sidebar brings it back', async () => {
    const { context, refused } = await aContext(world.browser, DESKTOP)
    const mine = { ...you, readSeq: 50, unread: 50 }
    const screen = await aScreen(place.origin, context, { events: talk(1, 100), people, you: mine })
    const { page } = screen
    const icon = () => page.locator('link[rel=icon]').getAttribute('href')
    await page.waitForSelector('.day.new')
    await shownIsRead(screen)
    const before = await page.title()
    await eventually('the icon is marked', async () => (await icon())?.endsWith('/icons/unread.svg') ?? false)
    const heard = (what: string) => screen.heard.filter(({ type }) => type === what).length
    const [reads, joins] = [heard('read'), heard('join')]

    await page.keyboard.press('Shift+Escape')
    await page.waitForSelector('.side-note:not([hidden])')
    expect(await page.title()).toBe('lobby · Hubbub')
    expect(await icon()).toEndWith('/icons/hubbub.svg')
    expect(await page.locator('.pill').textContent()).not.toContain('new')
    await page.evaluate(() => document.querySelector('.log')?.scrollBy(0, 200))
    await longEnough()
    expect(heard('read')).toBe(reads)
    const titles = await everSeen(page, () => document.title)
    await page.click('.side-note button')
    await page.waitForSelector('.side-note', { state: 'hidden' })
    // What is on screen is read half a second later, and then it says less.
    expect((await titles()).slice(0, 2)).toEqual(['lobby · Hubbub', before])
    await shownIsRead(screen)
    await eventually('the pill and the title say the same', () =>
      page.evaluate(() => {
        const pill = Number.parseInt(document.querySelector('.pill')?.textContent ?? '', 10)
        return document.title.startsWith(`(${pill}) `)
      }),
    )
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')

    // The server is asked again, and says the same.
    await eventually('the room is asked for', () => heard('join') > joins)
    await page.click('.head [popovertarget]')
    await page.click('text=Mark all as read')
    await eventually('all is read', async () => (await page.title()) === 'lobby · Hubbub')
    expect(refused).toEqual([])
    await context.close()
  })
})
