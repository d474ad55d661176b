import { describe, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { CLOSE } from '../../src/shared/errors.ts'
import type { RoomEvent, User } from '../../src/shared/model.ts'
import { faultsOf } from '../support/browser/aLook.ts'
import { usePlace } from '../support/server/aPlace.ts'
import { aContext, aScreen, DESKTOP, PHONE, type Screen } from '../support/client/aScreen.ts'
import { said, you } from '../support/client/aState.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { here, openPeople, openSettings, toLobby } from '../support/browser/someScreens.ts'
import { crowd, PEOPLE, talk } from '../support/someTalk.ts'

/** Goes from screen to screen the way a person does, and yields the name of each. Loading a page costs more than the checks. */
type Walk = (origin: string, context: BrowserContext) => AsyncGenerator<readonly [name: string, page: Page]>

const onPhone: Record<string, Walk> = {
  async *'the way in'(origin, context) {
    const page = await context.newPage()
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
    await openPeople(page)
    yield ['drawer', page]
    await page.click('.side-foot button')
    await page.waitForSelector('dialog a')
    yield ['room list', page]
    await escape(page, 'dialog')
    await page.keyboard.press('Escape')
    await screen.cut()
    await page.waitForSelector('.banner:not([hidden])')
    yield ['lost connection', page]
  },

  async *'formatted messages and a reply'(origin, context) {
    const { page } = await aScreen(origin, context, { events: formatted(), people: here })
    await page.waitForSelector('.text strong')
    await page.locator('.message').first().focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('.row-menu')
    yield ['message menu', page]
    await page.locator('.row-menu .row-button').first().click()
    await page.waitForSelector('.aim')
    yield ['reply', page]
  },

  async *'unread messages'(origin, context) {
    const { page } = await aScreen(origin, context, { ...toLobby, you: { ...you, readSeq: 5, unread: 55 } })
    await page.waitForSelector('.day.new')
    yield ['unread divider', page]
    await page.waitForSelector('.emoji-button')
    await openPeople(page)
    await page.keyboard.press('Shift+Escape')
    await page.waitForSelector('.side-note:not([hidden])')
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
    await openPeople(screen.page)
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
    '**Bold**, *it*, ~~gone~~, `code`, https://example.org\n- one\n- two\n\n> quoted\n\n```\nconst all = await talk(1, 60)\n```'
  const change = { at: Date.now(), user: bob, target: 'id-1' }
  return [
    said(1, { user: ada, text, at: Date.now() }),
    said(2, { user: bob, text: 'Yes, @Mira', replyTo: 'id-1', at: Date.now() }),
    said(3, { user: bob, text: '🎉', at: Date.now() }),
    { ...change, kind: 'react', seq: 4, id: 'id-4', nonce: 'nonce-4', emoji: '👍', on: true, count: 1 },
    { ...change, kind: 'edit', seq: 5, id: 'id-5', nonce: 'nonce-5', text: `${text}\n\nLater` },
    { ...change, kind: 'delete', seq: 6, id: 'id-6', nonce: 'nonce-6', target: 'id-3', by: 'author' },
  ]
}

/** What sticks out of a window of 320 px while text is spaced as far as WCAG 1.4.12 lets a reader space it. */
async function spacedOverflow(page: Page): Promise<string[]> {
  const size = page.viewportSize()
  await page.setViewportSize({ width: 320, height: 640 })
  const over = await page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(
      '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }',
    )
    document.adoptedStyleSheets = [sheet]
    const { scrollWidth, clientWidth } = document.documentElement
    document.adoptedStyleSheets = []
    return scrollWidth - clientWidth
  })
  if (size !== null) await page.setViewportSize(size)
  return over > 0 ? [`${over} px too wide with spaced text`] : []
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
          const found = [...(await faultsOf(page, refused)), ...(await spacedOverflow(page))]
          if (found.length > 0) faults[name] = found
        }
        expect(faults).toEqual({})
        await context.close()
      },
      180_000,
    )
  })
})
