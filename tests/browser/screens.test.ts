import { AxeBuilder } from '@axe-core/playwright'
import { describe, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { CLOSE } from '../../src/shared/errors.ts'
import type { RoomEvent, User } from '../../src/shared/model.ts'
import { aContext, aScreen, DESKTOP, PHONE, type Screen, type Told } from '../support/aScreen.ts'
import { usePlace } from '../support/aPlace.ts'
import { said, you } from '../support/aState.ts'
import { browserFound, useBrowser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { crowd, PEOPLE, talk } from '../support/someTalk.ts'

const here = PEOPLE.map((user, at) => ({ ...user, state: at > 4 ? ('idle' as const) : ('active' as const) }))
const toLobby: Told = { events: talk(1, 60), people: here }

/** Every screen there is, each reached the way a person reaches it. */
const SCREENS: Record<string, (origin: string, context: BrowserContext) => Promise<Page>> = {
  async home(origin, context) {
    const page = await context.newPage()
    await page.goto(origin)
    await page.waitForSelector('input')
    return page
  },
  async 'home with a fault'(origin, context) {
    const page = await SCREENS.home!(origin, context)
    await page.fill('input', 'admin')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.querySelector('.fault')?.textContent !== '')
    return page
  },
  async 'home for somebody known'(origin, context) {
    const { page } = await aScreen(origin, context)
    await page.goto(origin)
    await page.waitForSelector('.button')
    return page
  },
  'an empty room': async (origin, context) => (await aScreen(origin, context)).page,
  '60 messages': async (origin, context) => (await aScreen(origin, context, toLobby)).page,
  async 'the people'(origin, context) {
    const { page } = await aScreen(origin, context, { ...toLobby, people: crowd(99), count: 240 })
    await openPeople(page)
    return page
  },
  async 'the menu'(origin, context) {
    const { page } = await aScreen(origin, context, toLobby)
    await page.click('.head [popovertarget]')
    return page
  },
  async 'the rooms'(origin, context) {
    const { page } = await aScreen(origin, context, toLobby)
    await openPeople(page)
    await page.click('.side-foot button')
    await page.waitForSelector('dialog a')
    return page
  },
  async 'what is written, and an answer to it'(origin, context) {
    const page = await SCREENS['the menu of a message']!(origin, context)
    await page.locator('.row-menu .row-button').first().click()
    await page.waitForSelector('.aim')
    return page
  },
  async 'the menu of a message'(origin, context) {
    const { page } = await aScreen(origin, context, { events: written(), people: here })
    await page.waitForSelector('.text strong')
    await page.locator('.message').first().focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('.row-menu')
    return page
  },
  async 'people to mention'(origin, context) {
    const { page } = await aScreen(origin, context, toLobby)
    await page.waitForSelector('.emoji-button')
    await page.focus('textarea')
    await page.keyboard.type('@')
    await page.waitForSelector('[role=option]')
    return page
  },
  async 'the emoji'(origin, context) {
    const { page } = await aScreen(origin, context, toLobby)
    await page.click('.emoji-button')
    await page.waitForSelector('.emoji-grid')
    await page.fill('.picker input', 'heart')
    return page
  },
  async 'the settings'(origin, context) {
    const { page } = await aScreen(origin, context, toLobby)
    await openSettings(page)
    return page
  },
  async 'what is not read'(origin, context) {
    const mine = { ...you, readSeq: 54, unread: 6 }
    const { page } = await aScreen(origin, context, { ...toLobby, you: mine })
    await page.waitForSelector('.day.new')
    return page
  },
  async 'all is marked read'(origin, context) {
    const mine = { ...you, readSeq: 5, unread: 55 }
    const { page } = await aScreen(origin, context, { ...toLobby, you: mine })
    await page.waitForSelector('.emoji-button')
    await openPeople(page)
    await page.keyboard.press('Shift+Escape')
    await page.waitForSelector('.side-note:not([hidden])')
    return page
  },
  async 'keys and commands'(origin, context) {
    const { page } = await aScreen(origin, context, toLobby)
    await page.click('.head [popovertarget]')
    await page.click('text=Keys and commands')
    await page.waitForSelector('dialog dl')
    return page
  },
  async 'the switcher'(origin, context) {
    const { page } = await aScreen(origin, context, toLobby)
    await page.waitForSelector('.emoji-button')
    await page.keyboard.press('Control+k')
    await page.waitForSelector('dialog [role=option]')
    return page
  },
  async 'a failed message'(origin, context) {
    const screen = await aScreen(origin, context, toLobby)
    await fail(screen)
    return screen.page
  },
  async 'a lost connection'(origin, context) {
    const screen = await aScreen(origin, context, toLobby)
    await screen.cut()
    await screen.page.waitForSelector('.banner:not([hidden])')
    return screen.page
  },
  async 'a room that is closed'(origin, context) {
    const screen = await aScreen(origin, context)
    screen.tell({ type: 'reset', room: 'lobby', reason: 'access' })
    await screen.page.waitForSelector('.page')
    return screen.page
  },
  async removed(origin, context) {
    const screen = await aScreen(origin, context, toLobby)
    await screen.close(CLOSE.banned)
    await screen.page.waitForSelector('dialog')
    return screen.page
  },
  async 'no page'(origin, context) {
    const page = await context.newPage()
    await page.goto(`${origin}/nope`)
    await page.waitForSelector('.page')
    return page
  },
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

async function openSettings(page: Page): Promise<void> {
  await page.click('.head [popovertarget]')
  await page.click('text=Settings')
  await page.waitForSelector('dialog .settings')
}

async function openPeople(page: Page): Promise<void> {
  const toggle = page.locator('[aria-controls=people]')
  if ((await toggle.getAttribute('aria-expanded')) === 'false') await toggle.click()
  await page.waitForFunction(() => {
    const side = document.querySelector('.side')
    return (
      side !== null && getComputedStyle(side).visibility === 'visible' && side.getAnimations().length === 0
    )
  })
}

async function fail(screen: Screen): Promise<void> {
  await screen.page.fill('textarea', 'Are you coming tonight?')
  await screen.page.click('.send')
  const { nonce } = await screen.next('send')
  screen.tell({ type: 'error', nonce, code: 'readOnly', message: 'No.', retry: false })
  await screen.page.waitForSelector('[data-stage=failed]')
}

/** Text whose contrast with the ground painted behind it is too low; as the browser computes both. */
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
    if (element.closest('noscript, .heard, [inert]') !== null) continue
    const grounds: string[] = []
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      grounds.unshift(getComputedStyle(at).backgroundColor)
      if (at.matches('dialog, [popover], .side, .pill')) break
    }
    const style = getComputedStyle(element)
    const ground = rgba(grounds)
    const [one, other] = [luminance(rgba([...grounds, style.color])), luminance(ground)]
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
    const large = Number.parseFloat(style.fontSize) >= 24
    if (ratio < (large ? least.large : least.text))
      wrong.push(`${ratio.toFixed(2)} ${node.textContent?.slice(0, 40)}`)
  }
  return wrong
}

describe.skipIf(browserFound === null)('screens', () => {
  const place = usePlace()
  const world = useBrowser()
  // Wide, only those that are laid out otherwise than narrow.
  const sizes = [
    ['phone', PHONE, Object.keys(SCREENS)],
    ['desktop', DESKTOP, ['60 messages', 'the people', 'the menu', 'a failed message']],
  ] as const

  describe.each(sizes)('%s', (_size, size, names) => {
    test.each([...names])(
      '[A21, A22, A31, S3] %s: no violation of axe, no faint text in light, dark or more contrast, no wider than the window, nothing the policy refuses',
      async (name) => {
        const { context, refused } = await aContext(world.browser, size)
        const page = await SCREENS[name]!(place.origin, context)
        const wrong: unknown[] = []
        for (const viewport of [{ width: 320, height: 256 }, size.viewport]) {
          await page.setViewportSize(viewport)
          const over = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          )
          if (over > 0) wrong.push(`${over} px too wide at ${viewport.width}`)
        }
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, contrast: 'no-preference' })
          wrong.push(...(await page.evaluate(tooFaint, { text: 4.5, large: 3 })))
          await page.emulateMedia({ colorScheme, contrast: 'more' })
          wrong.push(...(await page.evaluate(tooFaint, { text: 7, large: 7 })))
        }
        // Looked at before axe comes into the page, which does what the policy refuses.
        wrong.push(...refused)
        // Contrast has been measured, on every ground and in both themes; the other rules see no colours.
        const { violations } = await new AxeBuilder({ page })
          .setLegacyMode()
          .options({ resultTypes: ['violations'] })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .disableRules(['color-contrast'])
          .analyze()
        wrong.push(...violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html).slice(0, 3)]))
        expect(wrong).toEqual([])
        await context.close()
      },
    )
  })

  test('[A31] at 320 × 256 the composer is visible and the list at least 80 px high', async () => {
    const { context } = await aContext(world.browser, { viewport: { width: 320, height: 256 } })
    const { page } = await aScreen(place.origin, context, toLobby)
    const composer = await page.locator('.composer').boundingBox()
    const list = await page.locator('.log').boundingBox()
    expect((composer?.y ?? 999) + (composer?.height ?? 999)).toBeLessThanOrEqual(256)
    expect(list?.height).toBeGreaterThanOrEqual(80)
    await context.close()
  })

  test('[V3, V12] five sizes of type, two weights, and 16 px wherever one types', async () => {
    const { context } = await aContext(world.browser, PHONE)
    const { page } = await aScreen(place.origin, context, toLobby)
    const type = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => {
          const { fontSize, lineHeight, fontWeight } = getComputedStyle(element)
          return `${fontSize}/${lineHeight} ${fontWeight}`
        })
    expect({
      text: await type('.message .text'),
      name: await type('.message .name'),
      time: await type('.message time'),
      day: await type('.day'),
      title: await type('h1'),
      field: await type('textarea'),
    }).toEqual({
      text: '16px/24px 400',
      name: '15px/20px 600',
      time: '12px/20px 400',
      day: '13px/20px 600',
      title: '20px/28px 600',
      field: '16px/24px 400',
    })
    await context.close()
  })

  test('[V16] on touch, what one presses is at least 44 px each way', async () => {
    const { context } = await aContext(world.browser, PHONE)
    const { page } = await aScreen(place.origin, context, { ...toLobby, people: crowd(20) })
    await openPeople(page)
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('button, a[href]')].flatMap((element) => {
        const { width, height } = element.getBoundingClientRect()
        const seen = element.checkVisibility({ visibilityProperty: true }) && !element.matches('.skip')
        return seen && (width < 44 || height < 44)
          ? [`${element.className} ${element.textContent} ${width}×${height}`]
          : []
      }),
    )
    expect(small).toEqual([])
    await context.close()
  })

  test('[V13, A26] the drawer takes the focus and keeps it, and gives it back when Escape, the scrim or Back closes it', async () => {
    const { context } = await aContext(world.browser, PHONE)
    const { page } = await aScreen(place.origin, context, toLobby)
    const toggle = page.locator('[aria-controls=people]')
    const isOpen = async () => (await toggle.getAttribute('aria-expanded')) === 'true'
    const focusOn = (selector: string) =>
      eventually(`focus on ${selector}`, () =>
        page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector),
      )
    const ways: Record<string, () => Promise<unknown>> = {
      Escape: () => page.keyboard.press('Escape'),
      scrim: () => page.mouse.click(365, 400),
      Back: () => page.goBack(),
      button: () => page.click('.side [aria-label=Close]'),
    }
    for (const [way, close] of Object.entries(ways)) {
      await openPeople(page)
      await focusOn('.side [aria-label=Close]')
      for (let press = 0; press < 20; press += 1) {
        await page.keyboard.press('Tab')
        expect(
          await page.evaluate(() => document.querySelector('.side')?.contains(document.activeElement)),
        ).toBe(true)
      }
      expect(await page.evaluate(() => document.querySelector('main')?.inert)).toBe(true)
      await close()
      await eventually(`closed by ${way}`, async () => !(await isOpen()))
      await focusOn('[aria-controls=people]')
      expect(await page.evaluate(() => document.querySelector('main')?.inert)).toBe(false)
      expect(page.url()).toBe(`${place.origin}/chat/lobby`)
    }
    // None of them left an entry behind: Back from here leaves the room.
    await page.goBack()
    await eventually('away', () => page.url() !== `${place.origin}/chat/lobby`)
    await context.close()
  })

  test('[V13] a sidebar put away stays away after a reload', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const { page } = await aScreen(place.origin, context, toLobby)
    expect(await page.locator('.side').isVisible()).toBe(true)
    await page.click('[aria-controls=people]')
    expect(await page.locator('.side').isVisible()).toBe(false)
    await page.reload()
    await page.waitForSelector('textarea')
    expect(await page.locator('.side').isVisible()).toBe(false)
    await context.close()
  })

  test('[V9] a theme that was chosen is there before the first paint, and after a reload', async () => {
    const { context } = await aContext(world.browser, { ...DESKTOP, colorScheme: 'light' })
    const { page } = await aScreen(place.origin, context, toLobby)
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await ground()
    await openSettings(page)
    await page.click('text=Dark')
    const dark = await ground()
    expect(dark).not.toBe(light)
    // What else was chosen holds at once too, and a second tab of mine agrees with the first.
    const times = () => page.evaluate(() => document.querySelector('.message time')?.textContent ?? '')
    await page.click('text=2:02 PM')
    expect(await times()).toMatch(/[ap]m/i)
    await page.click('text=14:02')
    expect(await times()).not.toMatch(/[ap]m/i)
    const other = await context.newPage()
    await other.goto(place.origin)
    expect(await other.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(dark)
    await page.click('text=Light')
    await other.waitForFunction((ground) => getComputedStyle(document.body).backgroundColor === ground, light)
    await page.click('text=Dark')
    // Without the client's script only theme.js can have set it.
    await page.route('**/assets/main-*.js', (route) => route.abort())
    await page.reload()
    expect(await ground()).toBe(dark)
    await context.close()
  })

  test('[U55] each final end is one dialog that says why and what to do; it cannot be dismissed', async () => {
    const said: Record<number, string> = {
      [CLOSE.noSession]: 'You are signed out',
      [CLOSE.banned]: 'You were removed',
      [CLOSE.tooMany]: 'Open in too many places',
      [CLOSE.version]: 'A new version is here',
    }
    for (const [code, title] of Object.entries(said)) {
      const { context } = await aContext(world.browser, DESKTOP)
      const screen = await aScreen(place.origin, context, toLobby)
      await screen.close(Number(code))
      await screen.page.waitForSelector('dialog[open]')
      await screen.page.keyboard.press('Escape')
      expect(await screen.page.locator('dialog[open] h2').allTextContents()).toEqual([title])
      await context.close()
    }
  })

  test('[U86] a missing room and a forbidden one are the same page, without the rows', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const screen = await aScreen(place.origin, context, toLobby)
    screen.tell({ type: 'reset', room: 'lobby', reason: 'access' })
    await screen.page.waitForSelector('.page')
    expect(await screen.page.locator('h1').textContent()).toBe(
      'This room does not exist or is not open to you',
    )
    expect(await screen.page.locator('.message').count()).toBe(0)
    await context.close()
  })

  test('[V8] under forced colours my own messages differ from others’ by a border', async () => {
    const { context } = await aContext(world.browser, { ...DESKTOP, forcedColors: 'active' })
    const screen = await aScreen(place.origin, context, { events: talk(1, 3), people: here })
    await screen.page.fill('textarea', 'mine')
    await screen.page.keyboard.press('Enter')
    await screen.page.waitForSelector('[data-own]')
    const bar = (selector: string) =>
      screen.page
        .locator(selector)
        .first()
        .evaluate((row) => getComputedStyle(row, '::before').borderInlineStartWidth)
    expect([await bar('[data-own]'), await bar('.message:not([data-own])')]).toEqual(['2px', '0px'])
    await context.close()
  })
})
