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

/** A page, and the screens it is led through: each from the one before, the way a person comes there. */
interface Walk {
  page: Page
  screens: Record<string, () => Promise<unknown>>
}
type Walks = Record<string, (origin: string, context: BrowserContext) => Promise<Walk>>

/** Every screen there is: to load a page costs as much as to look at it. */
const ON_A_PHONE: Walks = {
  async 'the way in'(origin, context) {
    const page = await context.newPage()
    return {
      page,
      screens: {
        async home() {
          await page.goto(origin)
          await page.waitForSelector('input')
        },
        async 'home with a fault'() {
          await page.fill('input', 'admin')
          await page.keyboard.press('Enter')
          await page.waitForFunction(() => document.querySelector('.fault')?.textContent !== '')
        },
        async 'home for somebody known'() {
          await page.fill('input', 'Wanda')
          await page.keyboard.press('Enter')
          await page.waitForSelector('textarea')
          await page.goto(origin)
          await page.waitForSelector('.button')
        },
        async 'no page'() {
          await page.goto(`${origin}/nope`)
          await page.waitForSelector('.page')
        },
      },
    }
  },

  async 'a room, and what opens in it'(origin, context) {
    // Of each kind of message two: what is looked at again and again is what stands before it.
    const screen = await aScreen(origin, context, { events: talk(1, 20), people: here })
    const { page } = screen
    return {
      page,
      screens: {
        ...inARoom(screen),
        async 'the settings'() {
          await openSettings(page)
        },
        async 'keys and commands'() {
          await escape(page, 'dialog')
          await page.click('.head [popovertarget]')
          await page.click('text=Keyboard shortcuts and commands')
          await page.waitForSelector('dialog dl')
        },
        async 'the emoji'() {
          await escape(page, 'dialog')
          await page.click('.emoji-button')
          await page.waitForSelector('.emoji-grid')
          await page.fill('.picker input', 'heart')
        },
        async 'people to mention'() {
          await escape(page, '.emoji-grid')
          await page.fill('textarea', '')
          await page.focus('textarea')
          await page.keyboard.type('@')
          await page.waitForSelector('[role=option]')
        },
        async 'the switcher'() {
          await escape(page, '[role=option]')
          await page.keyboard.press('Control+k')
          await page.waitForSelector('dialog [role=option]')
        },
        async removed() {
          await escape(page, 'dialog')
          await screen.close(CLOSE.banned)
          await page.waitForSelector('dialog')
        },
      },
    }
  },

  async 'the people, the rooms, and a lost connection'(origin, context) {
    const screen = await aScreen(origin, context, { ...toLobby, people: crowd(99), count: 240 })
    const { page } = screen
    return {
      page,
      screens: {
        '60 messages': () => page.waitForSelector('.message'),
        'the people': () => openPeople(page),
        async 'the rooms'() {
          await page.click('.side-foot button')
          await page.waitForSelector('dialog a')
        },
        async 'a lost connection'() {
          await escape(page, 'dialog')
          await page.keyboard.press('Escape')
          await screen.cut()
          await page.waitForSelector('.banner:not([hidden])')
        },
      },
    }
  },

  async 'what is written, and an answer to it'(origin, context) {
    const { page } = await aScreen(origin, context, { events: written(), people: here })
    return {
      page,
      screens: {
        async 'the menu of a message'() {
          await page.waitForSelector('.text strong')
          await page.locator('.message').first().focus()
          await page.keyboard.press('Enter')
          await page.waitForSelector('.row-menu')
        },
        async 'an answer'() {
          await page.locator('.row-menu .row-button').first().click()
          await page.waitForSelector('.aim')
        },
      },
    }
  },

  async 'what is not read, and all marked read'(origin, context) {
    const { page } = await aScreen(origin, context, { ...toLobby, you: { ...you, readSeq: 5, unread: 55 } })
    return {
      page,
      screens: {
        'what is not read': () => page.waitForSelector('.day.new'),
        async 'all is marked read'() {
          await page.waitForSelector('.emoji-button')
          await openPeople(page)
          await page.keyboard.press('Shift+Escape')
          await page.waitForSelector('.side-note:not([hidden])')
        },
      },
    }
  },

  async 'an empty room, and one that is closed'(origin, context) {
    const screen = await aScreen(origin, context)
    const { page } = screen
    return {
      page,
      screens: {
        'an empty room': () => page.waitForSelector('textarea'),
        async 'a room that is closed'() {
          screen.tell({ type: 'reset', room: 'lobby', reason: 'access' })
          await page.waitForSelector('.page')
        },
      },
    }
  },
}

/** Wide, only those that are laid out otherwise than narrow. */
const ON_A_DESK: Walks = {
  async 'a room beside its people'(origin, context) {
    const screen = await aScreen(origin, context, { ...toLobby, people: crowd(99), count: 240 })
    const screens = { 'the people': () => openPeople(screen.page), ...inARoom(screen) }
    return { page: screen.page, screens }
  },
}

/** What one sees in a room of whatever width. */
function inARoom(screen: Screen): Walk['screens'] {
  const { page } = screen
  return {
    'a room': () => page.waitForSelector('.message'),
    'the menu': () => page.click('.head [popovertarget]'),
    async 'a failed message'() {
      await escape(page, '.head [popover]')
      await fail(screen)
    },
  }
}

/** Puts away what is open, and waits until it is. */
async function escape(page: Page, open: string): Promise<void> {
  await page.keyboard.press('Escape')
  await page.waitForSelector(open, { state: 'hidden' })
}

async function fail(screen: Screen): Promise<void> {
  await screen.page.fill('textarea', 'Are you coming tonight?')
  await screen.page.click('.send')
  const { nonce } = await screen.next('send')
  screen.tell({ type: 'error', nonce, code: 'readOnly', message: 'No.', retry: false })
  await screen.page.waitForSelector('[data-stage=failed]')
}

/** Messages with all that text can be, an answer, and what was done to them. */
function written(): RoomEvent[] {
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

describe.skipIf(browserFound === null)('screens', () => {
  const place = usePlace()
  const world = useBrowser()
  const sizes = [
    ['phone', PHONE, ON_A_PHONE],
    ['desktop', DESKTOP, ON_A_DESK],
  ] as const

  describe.each(sizes)('%s', (_size, size, walks) => {
    test.each(Object.entries(walks))(
      '[A21, A22, A31, V6, V18, S3] %s: no violation of axe, no faint text in light, dark or more contrast, no wider than the window, nothing the policy refuses',
      async (_name, begin) => {
        const { context, refused } = await aContext(world.browser, size)
        const { page, screens } = await begin(place.origin, context)
        const faults: Record<string, unknown[]> = {}
        for (const [name, come] of Object.entries(screens)) {
          await come()
          const wrong = await faultsOf(page, refused)
          if (wrong.length > 0) faults[name] = wrong
        }
        expect(faults).toEqual({})
        await context.close()
      },
      180_000,
    )
  })
})
