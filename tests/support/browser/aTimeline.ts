/** A room's timeline in the browser: what is drawn, where its reader is, and the history behind it. */
import type { Page } from 'playwright-core'
import { LIMITS } from '../../../src/shared/limits.ts'
import type { Message, RoomEvent } from '../../../src/shared/model.ts'
import { aContext, aScreen, DESKTOP, type Told } from '../client/aScreen.ts'
import { everSeen } from '../client/everSeen.ts'
import { numbers, person, said } from '../client/aState.ts'
import { eventually } from '../eventually.ts'
import { usePlace } from '../server/aPlace.ts'
import { useBrowser } from './browser.ts'

export const ada = person({ id: 'u1', name: 'Ada' })

/** Messages of Ada with the text `text 7`, unless `more` says otherwise. */
export const fromAda = (from: number, to: number, more: (seq: number) => object = () => ({})) =>
  numbers(from, to).map((seq) => said(seq, { user: ada, ...more(seq) }))

/** px between the view and the end of the list */
export const distance = (page: Page) =>
  page.locator('.log').evaluate((log) => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight))

/** The list is drawn in one frame, and may be scrolled only in the next. */
export const isAtEnd = (page: Page) => eventually('at the end', async () => (await distance(page)) <= 1)

/** Scrolls to this distance (px) from the end, and waits until the list knows. */
export async function scrollUp(page: Page, from: number): Promise<void> {
  await page.locator('.log').evaluate(async (log, far) => {
    log.scrollTop = log.scrollHeight - log.clientHeight - far
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  }, from)
}

/** Scrolls to the top or the end again and again, as people do, until `ask` gives true. */
export async function scrollUntil(
  page: Page,
  edge: 'top' | 'end',
  what: string,
  ask: () => Promise<boolean>,
) {
  await eventually(what, async () => {
    await page
      .locator('.log')
      .evaluate((log, to) => (log.scrollTop = to === 'top' ? 0 : log.scrollHeight), edge)
    return await ask()
  })
}

/** The message being read, the second visible one, and how far (px) its top lies below the top of the list. */
export const reading = (page: Page) =>
  page.locator('.log').evaluate((log) => {
    const { top } = log.getBoundingClientRect()
    const rows = [...log.querySelectorAll('.message')]
    const row = rows.filter((message) => message.getBoundingClientRect().bottom > top)[1]
    const label = row?.getAttribute('aria-label') ?? ''
    return { label, top: (row?.getBoundingClientRect().top ?? 0) - top }
  })

/** px by which a message has moved since `reading` */
export const movedBy = (page: Page, { label, top }: { label: string; top: number }) =>
  page.locator('.log').evaluate(
    (log, before) => {
      const rows = [...log.querySelectorAll('.message')]
      const row = rows.find((message) => message.getAttribute('aria-label') === before.label)
      const now = (row?.getBoundingClientRect().top ?? Number.NaN) - log.getBoundingClientRect().top
      return Math.abs(now - before.top)
    },
    { label, top },
  )

/** Waits until a message stands where it stood when it was read. */
export const isBack = (page: Page, before: { label: string; top: number }) =>
  eventually(`${before.label} in its place`, async () => (await movedBy(page, before)) <= 2)

/** As `scrollUp`, and waits until the browser's history holds this position and no earlier one. */
export async function stay(page: Page, from: number): Promise<void> {
  await scrollUp(page, from)
  await page.evaluate(() => {
    const { kept: _, ...rest } = history.state
    history.replaceState(rest, '')
  })
  await eventually('the position is kept', () => page.evaluate(() => history.state?.kept?.seq > 0))
}

/** The label of the focused element, or the name of its tag. */
export const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName)

/** Notes what a screen reader is told from now on. @returns reads it: at each change, all sentences joined by `|` */
export const heardFrom = (page: Page) =>
  everSeen(page, () =>
    Array.from(document.querySelectorAll('.sr-only[aria-live] p'), (line) => line.textContent).join('|'),
  )

export const rowCount = (page: Page) => page.locator('.message').count()

/** The numbers in the texts of all messages drawn. */
export const numbersOf = (page: Page) =>
  page.locator('.message .text').evaluateAll((all) => all.map((text) => Number(text.textContent?.slice(5))))

/** Waits until the newest message drawn has this text. */
export async function shows(page: Page, text: string): Promise<void> {
  const last = page.locator('.message .text').last()
  await eventually(`“${text}” on screen`, async () => (await last.textContent()) === text, 20_000)
}

/**
 * Answers the page's requests for history from a log, as the server does.
 * @param until is awaited before each answer
 * @returns the `before` of each request for older messages
 */
export async function answerHistory(
  page: Page,
  log: readonly RoomEvent[],
  { head = log.length, until }: { head?: number; until?: Promise<unknown> } = {},
): Promise<number[]> {
  const asked: number[] = []
  await page.route('**/api/rooms/lobby/messages*', async (route) => {
    const params = new URL(route.request().url()).searchParams
    const [before, after, middle, time] = ['before', 'after', 'around', 'time'].map((name) =>
      Number(params.get(name)),
    )
    const since = (log as readonly Message[]).find(({ at }) => at >= (time ?? 0))
    const around = params.has('time') ? (since?.seq ?? head) : middle
    if (params.has('before')) asked.push(before ?? 0)
    await until
    const all = log as readonly Message[]
    const ids = params.get('ids')?.split(',') ?? []
    const half = LIMITS.history / 2
    const messages = params.has('pinned')
      ? all.filter((message) => 'pinned' in message)
      : params.has('ids')
        ? all.filter(({ id }) => ids.includes(id))
        : before
          ? all.filter(({ seq }) => seq < before).slice(-LIMITS.history)
          : after
            ? all.filter(({ seq }) => seq > after).slice(0, LIMITS.history)
            : all.filter(({ seq }) => seq >= (around ?? 0) - half && seq < (around ?? 0) + half)
    const older = (messages[0]?.seq ?? 1) > 1
    const newer = (messages.at(-1)?.seq ?? head) < head
    await route.fulfill({ json: { messages, head, floor: 1, older, newer } })
  })
  return asked
}

/** For the tests of one file: a server and a browser. Each test may open rooms, which are closed after it. */
export function useTimeline() {
  const place = usePlace()
  const world = useBrowser()

  async function aRoom(told: Told = {}, size: Parameters<typeof aContext>[1] = DESKTOP) {
    const { context, refused } = await aContext(world.browser, size)
    const screen = await aScreen(place.origin, context, { people: [ada], ...told })
    const { page, me } = screen
    if (told.events?.length) await page.waitForSelector('.message')
    const mine = (seq: number, more: object = {}) =>
      said(seq, { user: { id: me.id, name: me.name }, ...more })
    return { screen, page, context, refused, mine }
  }
  return { aRoom, place, world }
}
