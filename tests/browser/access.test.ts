import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { aClient } from '../support/server/aClient.ts'
import { aContext, aScreen, DESKTOP, PHONE } from '../support/client/aScreen.ts'
import { usePlace } from '../support/server/aPlace.ts'
import { said } from '../support/client/aState.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/eventually.ts'
import { everybody } from '../support/browser/someScreens.ts'
import { PEOPLE, talk } from '../support/someTalk.ts'

/** Narrow enough for a drawer, low enough that a few messages are more than a screen. */
const NARROW = { viewport: { width: 700, height: 520 } }

/**
 * What can have the focus and is smaller than `least` (px) each way, or is painted over where one would press it. A link
 * within a text is as high as its line, and so is a message: 24 px (V3). A heading gets the focus, but not from a finger.
 */
function small(least: number): string[] {
  const stops = document.querySelectorAll<HTMLElement>('a[href], button, input, textarea, [tabindex]')
  return [...stops].flatMap((stop) => {
    const seen = stop.checkVisibility({ visibilityProperty: true }) && stop.closest('[inert]') === null
    if (!seen || stop.matches('.skip, .text a, h1')) return []
    // What a radio or a check box looks like is its label.
    const shown = stop.matches('[type=radio], [type=checkbox]') ? (stop.closest('label') ?? stop) : stop
    const { x, y, width, height } = shown.getBoundingClientRect()
    const found = `${stop.tagName} ${stop.className} “${stop.getAttribute('aria-label') ?? stop.textContent}”`
    const enough = stop.matches('.message') ? 24 : least
    if (width < enough || height < enough) return [`${found} ${width}×${height}`]
    if (!stop.matches('button, a[href]')) return []
    const at = document.elementFromPoint(x + width / 2, y + height / 2)
    const covered = at !== null && !stop.contains(at) && !at.contains(stop) && !modal(at)
    return covered ? [`${found} lies under ${at.tagName} ${at.className}`] : []
  })
  function modal(at: Element): boolean {
    return at.closest('dialog, [popover], .foot, .head, .side') !== null
  }
}

const HOME = `
- main:
  - heading "Hubbub" [level=1]
  - paragraph: Choose a name and start chatting.
  - text: Your name
  - textbox "Your name"
  - alert
  - button "Join lobby"`

const ROOM = `
- link "Skip to message box":
  - /url: "#message"
- complementary "Rooms and people":
  - link "Hubbub":
    - /url: /
  - region "People":
    - heading "Online" [level=2]
    - list:
      - listitem: Mira you
      - listitem: Ada
      - listitem: Bob Kowalski
  - button "Browse rooms"
- banner:
  - heading "lobby" [level=1]
  - button "3 online" [expanded]
  - button "Menu"
- main:
  - log "Messages in lobby":
    - text: This is the start of this room. Today
    - 'article "Ada, hh:mm: Morning!"':
      - text: Ada
      - time: hh:mm
      - text: Morning!
    - 'article "Bob Kowalski, hh:mm: Hello Ada"':
      - text: Bob Kowalski
      - time: hh:mm
      - button "Reply to Ada Morning!"
      - text: Hello
      - strong: Ada
  - form "Write to lobby":
    - textbox "Message lobby"
    - button "Emoji"
    - button "Send"
  - alert`

/** What a reader is told of a page at any time of day, without what is spoken and gone after 5 s. */
async function heard(page: Page): Promise<string> {
  const all = await page.locator('body').ariaSnapshot()
  const lasting = all.replaceAll(/\d\d:\d\d/g, 'hh:mm').replaceAll(/Mira \d+/g, 'Mira')
  return `\n${lasting.split('\n- status', 1)[0]}`
}

describe.skipIf(browserFound === null)('for everybody', () => {
  const place = usePlace()
  const world = useBrowser()

  test('[A24] by the keyboard alone: join, send, react, edit, open the people, close them, jump to the newest, leave', async () => {
    const bob = await aClient(place.origin).enter('Bob')
    for (let number = 1; number <= 12; number += 1) bob.actions.send('lobby', `${number}\n\nand\n\nmore`)
    await eventually('Bob has spoken', () => bob.room().rows.filter(({ seq }) => seq !== null).length >= 12)
    const { context, refused } = await aContext(world.browser, NARROW)
    const page = await context.newPage()
    await page.goto(place.origin)
    await page.getByLabel('Your name').waitFor()

    let presses = 0
    const steps: Record<string, number> = {}
    const press = async (...keys: string[]) => {
      for (const key of keys) {
        presses += 1
        await page.keyboard.press(key)
        await page.waitForFunction(() => document.activeElement !== document.body)
      }
    }
    const step = async (name: string, keys: string[], done: () => Promise<unknown>) => {
      const before = presses
      await press(...keys)
      await done()
      steps[name] = presses - before
    }
    const focusOn = (selector: string) =>
      page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector)
    const mine = page.locator('.message[data-own]').last()
    const distance = () =>
      page.locator('.log').evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight)

    await step('join', ['A', 'd', 'a', 'Enter'], async () => {
      await focusOn('textarea')
      await page.waitForSelector('.emoji-button')
    })
    await step('send', ['H', 'i', 'Enter'], async () => {
      await eventually('it is acknowledged', async () => (await mine.getAttribute('data-stage')) === '')
    })
    await step('react', ['Shift+Tab', 'ArrowUp', 'Enter', 'Enter'], async () => {
      await page.waitForSelector('.message[data-own] .chip[aria-pressed=true]')
      await focusOn('.message')
    })
    await step('edit', ['Escape', 'ArrowUp', '!', 'Enter'], async () => {
      await eventually('it is edited', async () => (await mine.textContent())?.includes('Hi!'))
      await focusOn('textarea')
    })
    await step('open the people', ['F6', 'Enter'], () => focusOn('.side [aria-label=Close]'))
    await step('close them', ['Escape'], () => focusOn('[aria-controls=sidebar]'))
    await press('F6', 'Home')
    await page.locator('.pill').waitFor()
    await step('jump', ['End'], async () => {
      await page.locator('.pill').waitFor({ state: 'hidden' })
      expect(await distance()).toBeLessThanOrEqual(1)
    })
    await step('leave', ['Shift+F6', 'Tab', 'Enter', ...Array<string>(7).fill('Tab'), 'Enter'], async () => {
      await page.waitForURL(`${place.origin}/`)
      await page.waitForSelector('text=Continue as')
    })
    expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true)
    await eventually('Ada is gone', () => bob.room().people.every(({ name }) => name !== 'Ada'))
    const { react = 0, edit = 0 } = steps
    expect(presses).toBeLessThanOrEqual(40)
    expect(presses - react - edit).toBeLessThanOrEqual(25)
    expect(refused).toEqual([])
    bob.end()
    await context.close()
  })

  test.each([
    ['with a mouse', DESKTOP, 24],
    ['with a finger', PHONE, 44],
  ] as const)(
    '[A23, V16] %s: all that can be pressed is large enough and lies free',
    async (_how, size, least) => {
      const { context } = await aContext(world.browser, size)
      const wrong: string[] = []
      const look = async (page: Page, where: string) =>
        wrong.push(...(await page.evaluate(small, least)).map((found) => `${where}: ${found}`))
      const home = await context.newPage()
      await home.goto(place.origin)
      await home.getByLabel('Your name').waitFor()
      await look(home, 'home')
      await home.close()
      const [ada, bob] = PEOPLE
      const text = 'see https://example.org\n\n```\ncode\n```'
      const change = { at: Date.now(), user: bob!, target: 'id-60' }
      const { page } = await aScreen(place.origin, context, {
        events: [
          ...talk(1, 59),
          said(60, { user: ada!, text, replyTo: 'id-59', at: Date.now() }),
          {
            ...change,
            kind: 'react',
            seq: 61,
            id: 'id-61',
            nonce: 'nonce-61',
            emoji: '👍',
            on: true,
            count: 1,
          },
          { ...change, kind: 'pin', seq: 62, id: 'id-62', nonce: 'nonce-62', on: true },
        ],
        people: everybody,
      })
      await page.waitForSelector('.text pre')
      await look(page, 'room')
      await page.focus('.log')
      await page.keyboard.press('Home')
      await page.keyboard.press('ArrowUp')
      await look(page, 'scrolled up')
      await page.keyboard.press('End')
      await page.keyboard.press('Enter')
      await page.waitForSelector('.row-menu')
      await look(page, 'menu of a message')
      await page.keyboard.press('Escape')
      await page.click('.head [popovertarget]')
      await look(page, 'menu')
      await page.click('text=Settings')
      await page.waitForSelector('dialog .settings')
      await look(page, 'settings')
      await page.keyboard.press('Escape')
      await page.click('.emoji-button')
      await page.waitForSelector('.emoji-grid button')
      await look(page, 'emoji')
      await page.keyboard.press('Escape')
      expect(wrong).toEqual([])
      await context.close()
    },
  )

  test('[A23, V16] each row that gets the focus lies between header and composer, with a ring of 2 px around it', async () => {
    const { context } = await aContext(world.browser, NARROW)
    const { page } = await aScreen(place.origin, context, { events: talk(1, 30), people: everybody })
    await page.waitForSelector('.emoji-button')
    await page.focus('.log')
    const wrong: unknown[] = []
    for (const key of [...Array<string>(12).fill('ArrowUp'), ...Array<string>(12).fill('ArrowDown')]) {
      await page.keyboard.press(key)
      const { ring, top, bottom, fits, from, to } = await page.evaluate(() => {
        const row = document.activeElement as HTMLElement
        const [log, foot] = ['.log', '.foot'].map((one) =>
          document.querySelector(one)!.getBoundingClientRect(),
        )
        const { outlineWidth, outlineStyle, outlineOffset } = getComputedStyle(row)
        const box = row.getBoundingClientRect()
        // The ring is painted outside of the row's box by its offset and its width.
        const reach = Number.parseFloat(outlineOffset) + Number.parseFloat(outlineWidth)
        return {
          ring: `${outlineWidth} ${outlineStyle}`,
          top: box.top - reach,
          bottom: box.bottom + reach,
          fits: box.height + 2 * reach <= log!.height,
          from: log!.top,
          to: Math.min(log!.bottom, foot!.top),
        }
      })
      if (ring !== '2px solid' || (fits && (top < from || bottom > to)))
        wrong.push({ key, ring, top, bottom, from, to })
    }
    expect(wrong).toEqual([])
    await context.close()
  })

  test.each([
    ['with a mouse', DESKTOP],
    ['with a finger', PHONE],
  ])(
    '[V16] %s: the ring of what has the focus in header and sidebar is not cut off by the window',
    async (_how, size) => {
      const { context } = await aContext(world.browser, size)
      const { page } = await aScreen(place.origin, context, { events: talk(1, 30), people: everybody })
      await page.waitForSelector('.emoji-button')
      const cut: unknown[] = []
      await page.focus('.log')
      for (let presses = 0; presses < 12; presses += 1) {
        await page.keyboard.press('Shift+Tab')
        const found = await page.evaluate(() => {
          const stop = document.activeElement
          if (stop === null || stop.closest('.head, .side') === null) return null
          const { outlineWidth, outlineOffset } = getComputedStyle(stop)
          const reach = Number.parseFloat(outlineOffset) + Number.parseFloat(outlineWidth)
          const { left, right, top } = stop.getBoundingClientRect()
          return {
            at: `${stop.tagName} ${stop.className}`,
            ends: [left - reach, innerWidth - right - reach, top - reach],
          }
        })
        if (found !== null && Math.min(...found.ends) < 0) cut.push(found)
      }
      expect(cut).toEqual([])
      await context.close()
    },
  )

  test('[A12, V10] with text spaced as far as people may ask, at 320 px, nothing is cut off or wider than the window', async () => {
    const { context } = await aContext(world.browser, { viewport: { width: 320, height: 640 } })
    const { page } = await aScreen(place.origin, context, { events: talk(1, 20), people: everybody })
    await page.waitForSelector('.emoji-button')
    const cut = () =>
      page.evaluate(() => {
        const sheet = new CSSStyleSheet()
        sheet.replaceSync(
          '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }',
        )
        document.adoptedStyleSheets = [sheet]
        const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement
        const faults = scrollWidth > clientWidth || scrollHeight > clientHeight ? ['the page'] : []
        for (const one of document.querySelectorAll<HTMLElement>(
          'h1, button, a, label, time, .name, .text, p',
        )) {
          const shown = one.checkVisibility({ visibilityProperty: true }) && one.closest('[inert]') === null
          const hides = getComputedStyle(one).overflow !== 'visible' && one.textContent?.trim() !== ''
          if (!shown || !hides || one.matches('.skip')) continue
          if (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)
            faults.push(`${one.tagName} ${one.className} “${one.textContent}”`)
        }
        return faults
      })
    expect(await cut()).toEqual([])
    await page.click('[aria-controls=sidebar]')
    expect(await cut()).toEqual([])
    await context.close()
  })

  test('[A28] home and room, as those hear them who do not see them', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const home = await context.newPage()
    await home.goto(place.origin)
    await home.getByLabel('Your name').waitFor()
    expect(await heard(home)).toBe(HOME)
    const [ada, bob] = PEOPLE
    const { page } = await aScreen(place.origin, context, {
      events: [
        said(1, { user: ada!, text: 'Morning!', at: Date.now() }),
        said(2, { user: bob!, text: 'Hello **Ada**', replyTo: 'id-1', at: Date.now() }),
      ],
      people: everybody.slice(0, 2),
    })
    await page.waitForSelector('.text strong')
    await page.waitForSelector('.emoji-button')
    expect(await heard(page)).toBe(ROOM)
    await context.close()
  })

  test('[A30, V15] with less motion nothing takes longer than 1 ms; under forced colours mine and others’ differ by a border', async () => {
    const { context } = await aContext(world.browser, NARROW)
    const screen = await aScreen(place.origin, context, { events: talk(1, 20), people: everybody })
    const { page } = screen
    await page.waitForSelector('.emoji-button')
    /** The longest (ms) of what moves while the people come and go, a menu opens, and a button is pointed at. */
    const longest = async () => {
      await page.hover('[aria-controls=sidebar]')
      return page.evaluate(async () => {
        const lasting: number[] = []
        const look = () => {
          for (const moving of document.getAnimations())
            lasting.push(Number(moving.effect?.getComputedTiming().duration ?? 0))
        }
        const press = (selector: string) => document.querySelector<HTMLElement>(selector)?.click()
        for (const selector of [
          '[aria-controls=sidebar]',
          '.side [aria-label=Close]',
          '.head [popovertarget]',
        ]) {
          look()
          press(selector)
          look()
          await new Promise((done) => requestAnimationFrame(done))
          look()
        }
        press('.head [popovertarget]')
        return Math.max(0, ...lasting)
      })
    }
    expect(await longest()).toBeLessThanOrEqual(1)
    await page.emulateMedia({ reducedMotion: 'no-preference' })
    expect(await longest()).toBeGreaterThan(100)

    await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' })
    await page.fill('textarea', 'mine')
    await page.keyboard.press('Enter')
    const borders = (selector: string) =>
      page
        .locator(selector)
        .last()
        .evaluate((row) => getComputedStyle(row, '::before').borderInlineStartWidth)
    await page.waitForSelector('[data-own]')
    expect(await borders('[data-own]')).not.toBe(await borders('.message:not([data-own])'))
    await context.close()
  })
})
