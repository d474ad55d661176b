/** A room's timeline in the browser: where its reader stands, what is drawn, and the history behind it. */
import type { Page } from 'playwright-core'
import { LIMITS } from '../../../src/shared/limits.ts'
import type { Message, RoomEvent } from '../../../src/shared/model.ts'
import { aContext, aScreen, DESKTOP, type PHONE, type Screen } from '../client/aScreen.ts'
import { eventually } from '../eventually.ts'
import { usePlace } from '../server/aPlace.ts'
import { PEOPLE } from '../someTalk.ts'
import { useBrowser } from './browser.ts'

export const ada = { ...PEOPLE[0], state: 'active' as const } as { id: string; name: string; state: 'active' }

/** How far (px) the list is from its end. */
export const distance = (page: Page) =>
  page.locator('.log').evaluate((log) => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight))

/** Drawn in one frame, scrolled to perhaps in the next. */
export const isAtEnd = (page: Page) => eventually('at the end', async () => (await distance(page)) <= 1)

/** Scrolls so far (px) from the end, and waits until the list knows. */
export async function scrollUp(page: Page, from: number): Promise<void> {
  await page.locator('.log').evaluate(async (log, far) => {
    log.scrollTop = log.scrollHeight - log.clientHeight - far
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  }, from)
}

/** What the reader reads: the second visible message, and where its top is (px). */
export const reading = (page: Page) =>
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

export const topOf = (page: Page, label: string) =>
  page.locator('.log').evaluate((log, wanted) => {
    const row = [...log.querySelectorAll('.message')].find((one) => one.getAttribute('aria-label') === wanted)
    return (row?.getBoundingClientRect().top ?? Number.NaN) - log.getBoundingClientRect().top
  }, label)

/** Scrolls so far (px) from the end, and stays until the history holds this place: it may hold one of before. */
export async function stay(page: Page, from: number): Promise<void> {
  await scrollUp(page, from)
  await page.evaluate(() => {
    const { kept: _, ...rest } = history.state
    history.replaceState(rest, '')
  })
  await eventually('it is kept', () => page.evaluate(() => /^\d/.test(String(history.state?.kept))))
}

export const rowCount = (page: Page) => page.locator('.message').count()
export const lastText = (page: Page) => page.locator('.message .text').last().textContent()

/** Answers the page's requests for older messages from a log. */
export async function answerHistory(
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

export async function show(screen: Screen, text: string): Promise<void> {
  await eventually(`“${text}” on screen`, async () => (await lastText(screen.page)) === text, 20_000)
}

/** For the tests of one file: rooms of a server and a browser of their own. */
export function useTimeline() {
  const place = usePlace()
  const world = useBrowser()
  const aRoom = async (events: readonly RoomEvent[], size: typeof DESKTOP | typeof PHONE = DESKTOP) => {
    const { context } = await aContext(world.browser, size)
    const screen = await aScreen(place.origin, context, { events, people: [ada] })
    if (events.length > 0) await screen.page.waitForSelector('.message')
    return { screen, page: screen.page, end: () => context.close() }
  }
  return { aRoom, place, world }
}
