import { describe, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { CLOSE } from '../../src/shared/errors.ts'
import type { RoomEvent, User } from '../../src/shared/model.ts'
import { usePlace } from '../support/server/aPlace.ts'
import { aContext, aScreen, aSession, DESKTOP, PHONE, post } from '../support/client/aScreen.ts'
import { event, said, you } from '../support/client/aState.ts'
import { answerHistory, fromAda } from '../support/browser/aTimeline.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { faultsOf } from '../support/browser/faultsOf.ts'
import { here, openPanel, openSettings, toLobby } from '../support/browser/someScreens.ts'
import { eventually } from '../support/eventually.ts'
import { crowd, PEOPLE, talk } from '../support/someTalk.ts'

/** Goes from screen to screen the way a person does, and yields the name of each. Loading a page costs more than the checks. */
type Walk = (origin: string, context: BrowserContext) => AsyncGenerator<readonly [name: string, page: Page]>

let names = 0

const walks: Record<string, Walk> = {
  async *'the way in'(origin, context) {
    names += 1
    const room = await aRoomOf(`Maker ${names}`, origin, context)
    await context.clearCookies()
    const page = await context.newPage()
    await page.goto(`${origin}/chat/nowhere`)
    await page.waitForSelector('.button')
    yield ['the link of a missing room', page]
    await page.goto(`${origin}/chat/${room}`)
    await page.waitForSelector('text=Everything about')
    yield ['the link of a room', page]
    await page.goto(origin)
    await page.waitForSelector('input')
    yield ['home', page]
    await page.fill('input', 'admin')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.querySelector('.fault')?.textContent !== '')
    yield ['home with a fault', page]
    await page.fill('input', `Wanda ${names}`)
    await page.keyboard.press('Enter')
    await page.waitForSelector('textarea')
    await page.goto(origin)
    await page.waitForSelector('.button')
    yield ['home with a session', page]
    await page.click('text=Use another name')
    await page.waitForSelector('dialog')
    yield ['the question before another name', page]
    await page.goto(`${origin}/nope`)
    await page.waitForSelector('.page')
    yield ['page not found', page]
    await page.goto(`${origin}/chat/${room}`)
    await page.waitForSelector('.emoji-button')
    await chooseInMenu(page, 'Leave room')
    await page.waitForSelector('.undo-line:not([hidden])')
    yield ['a room that was left', page]
    const old = await context.newPage()
    await old.addInitScript(() => void Reflect.deleteProperty(HTMLElement.prototype, 'popover'))
    await old.goto(origin)
    await old.getByRole('heading', { name: 'too old' }).waitFor()
    yield ['a browser that is too old', old]
  },

  async *'a room and its menu'(origin, context) {
    const screen = await aScreen(origin, context, { events: talk(1, 8), people: here })
    const { page, next, tell } = screen
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
    for (const [entry, shows] of [
      ['Jump to a date', 'dialog [type=date]'],
      ['Invite people', 'dialog svg'],
      ['Shortcuts and commands', 'dialog dl'],
      ['Sign out', 'dialog .button-danger'],
    ] as const) {
      await chooseInMenu(page, entry)
      await page.waitForSelector(shows)
      yield [entry, page]
      await escape(page, 'dialog')
    }
    await page.keyboard.press('Control+k')
    await page.waitForSelector('dialog [role=option]')
    yield ['room switcher', page]
    await escape(page, 'dialog')
    await screen.close(CLOSE.banned)
    await page.waitForSelector('dialog')
    yield ['final close', page]
  },

  async *writing(origin, context) {
    const { page } = await aScreen(origin, context, { events: talk(1, 3), people: here })
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
    for (const typed of ['@', '/']) {
      await page.fill('textarea', '')
      await page.focus('textarea')
      await page.keyboard.type(typed)
      await page.waitForSelector('[role=option]')
      yield [`suggestions for ${typed}`, page]
      await escape(page, '[role=option]')
    }
  },

  async *'settings, German, and a compact room'(origin, context) {
    const { page } = await aScreen(origin, context, { events: formatted(), people: here })
    await openSettings(page)
    yield ['settings', page]
    await page.selectOption('.settings select', 'de')
    await page.waitForSelector('dialog >> text=Einstellungen')
    await page.click('[value=compact]')
    yield ['settings in German', page]
    await escape(page, 'dialog')
    await page.waitForSelector('html[lang^=de] .message')
    await page.waitForSelector('.emoji-button')
    yield ['a compact room in German', page]
    await page.click('.head [popovertarget]')
    yield ['menu in German', page]
  },

  async *'the people, the rooms, and a lost connection'(origin, context) {
    const screen = await aScreen(origin, context, { events: talk(1, 20), people: crowd(30), count: 240 })
    const { page } = screen
    await page.waitForSelector('.message')
    yield ['room with hundreds of people', page]
    await openPanel(page, 'people')
    yield ['people', page]
    await page.click('.person >> nth=1')
    await page.waitForSelector('.card')
    yield ['a person’s card', page]
    await escape(page, '.card')
    await page.keyboard.press('Escape')
    await openPanel(page, 'sidebar')
    yield ['rooms', page]
    await page.click('.side-foot button')
    await page.waitForSelector('dialog [role=option]')
    yield ['room list', page]
    await page.fill('dialog input', 'eng')
    await page.waitForSelector('text=Create “eng”')
    yield ['a room to create', page]
    await escape(page, 'dialog')
    await page.keyboard.press('Escape')
    await screen.cut()
    await page.waitForSelector('.banner:not([hidden])')
    yield ['lost connection', page]
    await eventually('connections seem blocked', async () => {
      const retry = page.getByRole('button', { name: 'Retry now', disabled: false })
      if (await retry.isVisible()) await retry.click()
      return await page.locator('.banner', { hasText: 'WebSockets' }).isVisible()
    })
    yield ['blocked connection', page]
  },

  async *'formatted messages and a reply'(origin, context) {
    const { page, me, tell } = await aScreen(origin, context, { events: formatted(), people: here })
    await page.waitForSelector('.text strong')
    const mentions = [me, ...PEOPLE].slice(0, 2).map(({ id }, n) => ({ user: id, at: 6 * n, length: 5 - n }))
    tell(event(said(7, { user: PEOPLE[1] as User, text: '@Mira @Ada', mentions, at: Date.now() })))
    await page.waitForSelector('[data-mention] .mention[data-me]')
    await page.waitForSelector('.code-keyword')
    const menu = async () => {
      await page.locator('.message').first().focus()
      await page.keyboard.press('Enter')
      await page.waitForSelector('.row-menu')
    }
    await menu()
    yield ['message menu', page]
    await page.click('text=Who reacted')
    await page.waitForSelector('dialog dl')
    yield ['who reacted', page]
    await escape(page, 'dialog')
    await page.click('.mention >> nth=1')
    await page.waitForSelector('.card')
    yield ['the card of a mentioned person', page]
    await escape(page, '.card')
    await menu()
    await page.click('.row-menu >> text=Reply')
    await page.getByRole('button', { name: 'Cancel reply' }).waitFor()
    yield ['reply', page]
  },

  async *'more unread messages than are loaded'(origin, context) {
    const { page, tell, sync } = await aScreen(origin, context, { events: fromAda(1, 5), people: here })
    await page.waitForSelector('.message')
    const told = { events: fromAda(21, 60), people: here, you: { ...you, readSeq: 10, unread: 50 } }
    tell(
      { type: 'reset', room: 'lobby', reason: 'tooOld', head: 60, floor: 1 },
      { ...sync(told), older: true },
    )
    await page.waitForSelector('.unread-bar:not([hidden])')
    yield ['a bar above the list', page]
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

  async *'an empty room, pins, and a closed room'(origin, context) {
    const { page, tell, sync } = await aScreen(origin, context)
    yield ['empty room', page]
    const log = fromAda(1, 9, (seq) => (seq > 7 ? { pinned: true } : {}))
    await answerHistory(page, log)
    tell(sync({ events: log, people: here, you: { ...you, role: 'owner' } }))
    await page.getByRole('button', { name: '2 pinned' }).click()
    await page.waitForSelector('dialog li')
    yield ['pins', page]
    await escape(page, 'dialog')
    await page.click('text=Add a topic')
    await page.waitForSelector('dialog input')
    yield ['a topic to write', page]
    await escape(page, 'dialog')
    tell({ type: 'reset', room: 'lobby', reason: 'access' })
    await page.waitForSelector('.page')
    yield ['closed room', page]
  },
}

/** Signs a guest in who creates a room with a topic. @returns its address */
async function aRoomOf(owner: string, origin: string, context: BrowserContext): Promise<string> {
  await aSession(origin, context, owner)
  const data = { name: `Bees ${names}`, topic: 'Everything about https://example.org/bees' }
  const { room } = (await post(origin, context, '/api/rooms', data)) as { room: string }
  return room
}

async function chooseInMenu(page: Page, entry: string): Promise<void> {
  await page.click('.head [popovertarget]')
  await page.click(`.head [popover] >> text=${entry}`)
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

describe.skipIf(browserFound === null)('every screen', () => {
  const place = usePlace()
  const world = useBrowser()

  describe.each([
    ['phone', PHONE, { width: 320, height: 256 }],
    ['desktop', DESKTOP, { width: 768, height: 1024 }],
  ] as const)('%s', (_size, size, narrow) => {
    test.each(Object.entries(walks))(
      '[A12, A21, A22, A31, V6, S3] %s passes axe, has readable contrast, fits its window, and obeys its policy',
      async (_name, walk) => {
        const { context, refused } = await aContext(world.browser, size)
        const faults: Record<string, unknown[]> = {}
        for await (const [name, page] of walk(place.origin, context)) {
          const found = await faultsOf(page, refused, narrow)
          if (found.length > 0) faults[name] = found
        }
        expect(faults).toEqual({})
      },
      180_000,
    )
  })
})
