import { describe, expect, test } from 'bun:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { BrowserContext, Page } from 'playwright-core'
import { CLOSE } from '../../src/shared/errors.ts'
import type { RoomEvent, User } from '../../src/shared/model.ts'
import { usePlace } from '../support/server/aPlace.ts'
import { aContext, aScreen, DESKTOP, PHONE, type Screen } from '../support/client/aScreen.ts'
import { event, said, you } from '../support/client/aState.ts'
import { answerHistory, fromAda } from '../support/browser/aTimeline.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { here, openPanel, openSettings, toLobby } from '../support/browser/someScreens.ts'
import { crowd, PEOPLE, talk } from '../support/someTalk.ts'

const SMALL = { width: 320, height: 256 }

/** Goes from screen to screen the way a person does, and yields the name of each. Loading a page costs more than the checks. */
type Walk = (origin: string, context: BrowserContext) => AsyncGenerator<readonly [name: string, page: Page]>

const onPhone: Record<string, Walk> = {
  async *'the way in'(origin, context) {
    const page = await context.newPage()
    await page.goto(`${origin}/chat/nowhere`)
    await page.waitForSelector('.button')
    yield ['the link of a missing room', page]
    await page.goto(`${origin}/chat/lobby`)
    await page.waitForSelector('input')
    yield ['the link of a room', page]
    await page.goto(origin)
    await page.waitForSelector('input')
    yield ['home', page]
    await page.fill('input', 'admin')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.querySelector('.fault')?.textContent !== '')
    yield ['home with a fault', page]
    await page.fill('input', 'Wanda')
    await page.keyboard.press('Enter')
    await page.waitForSelector('textarea')
    await page.goto(origin)
    await page.waitForSelector('.button')
    yield ['home with a session', page]
    await page.goto(`${origin}/nope`)
    await page.waitForSelector('.page')
    yield ['page not found', page]
  },

  async *'a room and its dialogs'(origin, context) {
    const screen = await aScreen(origin, context, { events: talk(1, 20), people: here })
    const { page } = screen
    yield* aRoom(screen)
    await openSettings(page)
    yield ['settings', page]
    await escape(page, 'dialog')
    await page.click('.head [popovertarget]')
    await page.click('text=Keyboard shortcuts and commands')
    await page.waitForSelector('dialog dl')
    yield ['keyboard shortcuts', page]
    await escape(page, 'dialog')
    await page.click('.emoji-button')
    await page.waitForSelector('.emoji-grid')
    await page.fill('.picker input', 'heart')
    yield ['emoji', page]
    await page.fill('.picker input', '')
    await page.click('.picker [aria-expanded]')
    await page.waitForSelector('[role=radio]')
    yield ['emoji by category, and skin tones', page]
    await page.click('[role=radio] >> nth=2')
    await page.waitForSelector('[role=radiogroup]', { state: 'hidden' })
    await escape(page, '.emoji-grid')
    await page.fill('textarea', '')
    await page.focus('textarea')
    await page.keyboard.type('@')
    await page.waitForSelector('[role=option]')
    yield ['mentions', page]
    await escape(page, '[role=option]')
    await page.keyboard.press('Control+k')
    await page.waitForSelector('dialog [role=option]')
    yield ['room switcher', page]
    await escape(page, 'dialog')
    await screen.close(CLOSE.banned)
    await page.waitForSelector('dialog')
    yield ['final close', page]
  },

  async *'the people, the rooms, and a lost connection'(origin, context) {
    const screen = await aScreen(origin, context, { ...toLobby, people: crowd(99), count: 240 })
    const { page } = screen
    await page.waitForSelector('.message')
    yield ['60 messages', page]
    await openPanel(page, 'people')
    yield ['people in a drawer', page]
    await page.keyboard.press('Escape')
    await openPanel(page, 'sidebar')
    yield ['rooms in a drawer', page]
    await page.click('.side-foot button')
    await page.waitForSelector('dialog [role=option]')
    yield ['room list', page]
    await escape(page, 'dialog')
    await page.keyboard.press('Escape')
    await screen.cut()
    await page.waitForSelector('.banner:not([hidden])')
    yield ['lost connection', page]
  },

  async *'formatted messages and a reply'(origin, context) {
    const { page, me, tell } = await aScreen(origin, context, { events: formatted(), people: here })
    await page.waitForSelector('.text strong')
    const mentions = [me, ...PEOPLE].slice(0, 2).map(({ id }, n) => ({ user: id, at: 6 * n, length: 5 - n }))
    tell(event(said(7, { user: PEOPLE[1] as User, text: '@Mira @Ada', mentions, at: Date.now() })))
    await page.waitForSelector('[data-mention] .mention[data-me]')
    await page.waitForSelector('.code-keyword')
    await page.locator('.message').first().focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('.row-menu')
    yield ['message menu', page]
    await page.locator('.row-menu .row-button').first().click()
    await page.getByRole('button', { name: 'Cancel reply' }).waitFor()
    yield ['reply', page]
  },

  async *'the dialogs of the list'(origin, context) {
    const screen = await aScreen(origin, context, { events: fromAda(1, 5), people: here })
    const { page } = screen
    await page.waitForSelector('.message')
    const reactions = [{ emoji: '👍', count: 3, users: PEOPLE.slice(0, 3) }]
    const log = fromAda(1, 60, (seq) => ({ ...(seq > 58 && { pinned: true, reactions }) }))
    await answerHistory(page, log)
    const mine = { ...you, role: 'owner' as const, readSeq: 10, unread: 50 }
    screen.tell(
      { type: 'reset', room: 'lobby', reason: 'tooOld', head: 60, floor: 1 },
      { ...screen.sync({ events: log.slice(-40), people: here, you: mine }), older: true },
    )
    await page.waitForSelector('.unread-bar:not([hidden])')
    yield ['a bar above the list', page]
    await page.locator('.day button').last().click()
    await page.waitForSelector('dialog input')
    yield ['a date', page]
    await escape(page, 'dialog')
    await page.click('.head [aria-label="2 pinned"]')
    await page.waitForSelector('dialog li')
    yield ['pinned messages', page]
    await escape(page, 'dialog')
    await page.locator('.message').last().focus()
    await page.keyboard.press('Enter')
    await page.getByText('Who reacted').click()
    await page.waitForSelector('dialog dl')
    yield ['who reacted', page]
  },

  async *'unread messages'(origin, context) {
    const { page } = await aScreen(origin, context, { ...toLobby, you: { ...you, readSeq: 5, unread: 55 } })
    await page.waitForSelector('.day.new')
    yield ['unread divider', page]
    await page.waitForSelector('.emoji-button')
    await openPanel(page, 'sidebar')
    await page.keyboard.press('Shift+Escape')
    await page.waitForSelector('.undo-line:not([hidden])')
    yield ['all marked read', page]
  },

  async *'an empty room and a closed one'(origin, context) {
    const screen = await aScreen(origin, context)
    yield ['empty room', screen.page]
    screen.tell({ type: 'reset', room: 'lobby', reason: 'access' })
    await screen.page.waitForSelector('.page')
    yield ['closed room', screen.page]
  },
}

/** Only screens with another layout than on a phone. */
const onDesktop: Record<string, Walk> = {
  async *'a room beside its people'(origin, context) {
    const screen = await aScreen(origin, context, { ...toLobby, people: crowd(99), count: 240 })
    await openPanel(screen.page, 'people')
    yield ['people', screen.page]
    yield* aRoom(screen)
  },
}

async function* aRoom({ page, next, tell }: Screen): ReturnType<Walk> {
  await page.waitForSelector('.message')
  yield ['room', page]
  await page.click('.head [popovertarget]')
  yield ['menu', page]
  await escape(page, '.head [popover]')
  await page.fill('textarea', 'Are you coming tonight?')
  await page.click('.send')
  const { nonce } = await next('send')
  tell({ type: 'error', nonce, code: 'readOnly', message: 'No.', retry: false })
  await page.waitForSelector('[data-stage=failed]')
  yield ['failed message', page]
}

async function escape(page: Page, open: string): Promise<void> {
  await page.keyboard.press('Escape')
  await page.waitForSelector(open, { state: 'hidden' })
}

/** Messages with every format, a reply, a reaction, an edit and a deletion. */
function formatted(): RoomEvent[] {
  const [ada, bob] = PEOPLE as [User, User]
  const text =
    '**Bold**, *it*, ~~gone~~, `code`, https://example.org\n- one\n- two\n\n> quoted\n\n```ts\nconst all = await talk(1, 60) // ' +
    'and so on '.repeat(20) +
    '\n```\n\n# Title\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [ ] to do\n- [x] done\n---'
  const change = { at: Date.now(), user: bob, target: 'id-1' }
  return [
    said(1, { user: ada, text, at: Date.now() }),
    said(2, { user: bob, text: 'Yes', replyTo: 'id-1', at: Date.now() }),
    said(3, { user: bob, text: '🎉', at: Date.now() }),
    { ...change, kind: 'react', seq: 4, id: 'id-4', nonce: 'nonce-4', emoji: '👍', on: true, count: 1 },
    { ...change, kind: 'edit', seq: 5, id: 'id-5', nonce: 'nonce-5', text: `${text}\n\nLater` },
    { ...change, kind: 'delete', seq: 6, id: 'id-6', nonce: 'nonce-6', target: 'id-3', by: 'author' },
  ]
}

/** Text as far apart as WCAG 1.4.12 lets a reader space it. */
const SPACED =
  '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }'

/**
 * The faults of the screen as it is: text with too little contrast in light, dark or more contrast, content wider than the
 * window although its text is spaced, violations found by axe, and whatever the page's policy refused so far.
 */
async function faultsOf(page: Page, refused: string[]): Promise<unknown[]> {
  const wrong: unknown[] = []
  const own = page.viewportSize() ?? SMALL
  for (const viewport of [SMALL, own]) {
    await page.setViewportSize(viewport)
    const over = await page.evaluate((spaced) => {
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(spaced)
      document.adoptedStyleSheets = [sheet]
      const { scrollWidth, clientWidth } = document.documentElement
      document.adoptedStyleSheets = []
      return scrollWidth - clientWidth
    }, SPACED)
    if (over > 0) wrong.push(`${over} px too wide at ${viewport.width}`)
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, contrast: 'no-preference' })
    wrong.push(...(await page.evaluate(tooFaint, { text: 4.5, large: 3 })))
    await page.emulateMedia({ colorScheme, contrast: 'more' })
    wrong.push(...(await page.evaluate(tooFaint, { text: 7, large: 7 })))
  }
  wrong.push(...refused)
  // Contrast was measured above, in both themes; axe's other rules do not look at colours.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ['violations'] })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .disableRules(['color-contrast'])
    .analyze()
  wrong.push(...violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html).slice(0, 3)]))
  // The policy refuses what axe itself injects.
  refused.length = 0
  await page.emulateMedia({ colorScheme: 'light', contrast: 'no-preference' })
  return wrong
}

/** Runs in the page. Finds text whose contrast with the colours painted behind it is too low. */
function tooFaint(least: { text: number; large: number }): string[] {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 1
  const paint = canvas.getContext('2d', { willReadFrequently: true })
  if (paint === null) throw new TypeError('no canvas')
  const rgba = (colours: string[]): number[] => {
    paint.clearRect(0, 0, 1, 1)
    for (const colour of colours) {
      paint.fillStyle = colour
      paint.fillRect(0, 0, 1, 1)
    }
    return [...paint.getImageData(0, 0, 1, 1).data]
  }
  const luminance = ([r = 0, g = 0, b = 0]: number[]) => {
    const [x = 0, y = 0, z = 0] = [r, g, b].map((value) => {
      const part = value / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const wrong: string[] = []
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const element = node.parentElement
    if (
      element === null ||
      node.textContent?.trim() === '' ||
      !element.checkVisibility({ visibilityProperty: true })
    )
      continue
    if (element.closest('noscript, .sr-only[aria-live], [inert]') !== null) continue
    const grounds: string[] = []
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      grounds.unshift(getComputedStyle(at).backgroundColor)
      if (at.matches('dialog, [popover], .panel, .pill, .list-bars')) break
    }
    const style = getComputedStyle(element)
    const ground = rgba(grounds)
    const [front, back] = [luminance(rgba([...grounds, style.color])), luminance(ground)]
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05)
    const large = Number.parseFloat(style.fontSize) >= 24
    if (ratio < (large ? least.large : least.text))
      wrong.push(`${ratio.toFixed(2)} ${node.textContent?.slice(0, 40)}`)
  }
  return wrong
}

describe.skipIf(browserFound === null)('every screen', () => {
  const place = usePlace()
  const world = useBrowser()

  describe.each([
    ['phone', PHONE, onPhone],
    ['desktop', DESKTOP, onDesktop],
  ] as const)('%s', (_size, size, walks) => {
    test.each(Object.entries(walks))(
      '[A12, A21, A22, A31, V6, S3] %s passes axe, has readable contrast, fits its window, and obeys its policy',
      async (_name, walk) => {
        const { context, refused } = await aContext(world.browser, size)
        const faults: Record<string, unknown[]> = {}
        for await (const [name, page] of walk(place.origin, context)) {
          const found = await faultsOf(page, refused)
          if (found.length > 0) faults[name] = found
        }
        expect(faults).toEqual({})
      },
      180_000,
    )
  })
})
