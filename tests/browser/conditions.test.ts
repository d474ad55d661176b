/** The page on paper, without colours, at 400 % zoom, and in a browser that is too old. */
import { describe, expect, test } from 'bun:test'
import { aContext, DESKTOP } from '../support/client/aScreen.ts'
import { said } from '../support/client/aState.ts'
import { useTimeline } from '../support/browser/aTimeline.ts'
import { browserFound } from '../support/browser/browser.ts'
import { here, toLobby } from '../support/browser/someScreens.ts'
import { talk } from '../support/someTalk.ts'

/** What README's oldest browsers have and older ones lack, by what takes it away. */
const MISSING: Record<string, () => void> = {
  'light-dark()': () => {
    const { supports } = CSS
    CSS.supports = (property: string, value?: string) =>
      value?.includes('light-dark') !== true && supports(property, value ?? '')
  },
  popover: () => void Reflect.deleteProperty(HTMLElement.prototype, 'popover'),
  'Intl.Segmenter': () => void Reflect.deleteProperty(Intl, 'Segmenter'),
  'AbortSignal.any': () => void Reflect.deleteProperty(AbortSignal, 'any'),
  'URL.canParse': () => void Reflect.deleteProperty(URL, 'canParse'),
  isWellFormed: () => void Reflect.deleteProperty(String.prototype, 'isWellFormed'),
  'the flag v of patterns': () => {
    const Former = RegExp
    globalThis.RegExp = function (source: string, flags?: string) {
      if (flags?.includes('v')) throw new SyntaxError('Invalid flags')
      return new Former(source, flags)
    } as unknown as RegExpConstructor
  },
}

describe.skipIf(browserFound === null)('the page', () => {
  const { aRoom, place, world } = useTimeline()

  test('[U265] on paper is the messages that are loaded, with names and times, over as many sheets as they need', async () => {
    const { page } = await aRoom(toLobby, { ...DESKTOP, colorScheme: 'dark' })
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    const { shown, height, content, ground, times } = await page.evaluate(() => {
      const isShown = (element: Element) => element.checkVisibility({ visibilityProperty: true })
      const last = [...document.querySelectorAll('.message')].at(-1)!
      return {
        shown: [...document.querySelectorAll('.button, .button-icon, .tool, textarea, aside, nav')]
          .filter(isShown)
          .map((one) => one.className),
        height: document.documentElement.scrollHeight,
        content: last.getBoundingClientRect().bottom,
        ground: getComputedStyle(document.documentElement).colorScheme,
        times: [...document.querySelectorAll('.message time')].every(isShown),
      }
    })
    expect(shown).toEqual([])
    expect(height).toBeGreaterThan(1_600)
    expect(content).toBeLessThanOrEqual(height)
    expect(content).toBeGreaterThan(1_600)
    expect(ground).toBe('light')
    expect(times).toBe(true)
    const pdf = (await page.pdf({ format: 'A4' })).toString('latin1')
    const sheets = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0
    expect(sheets).toBeGreaterThanOrEqual(2)
    expect(sheets).toBeLessThanOrEqual(8)
  })

  test('[U265] on paper a long text is whole, without a fade and "Show more"', async () => {
    const { page } = await aRoom({ events: [said(1, { text: 'long '.repeat(800) })] })
    await page.locator('.message [aria-expanded]').waitFor()
    await page.emulateMedia({ media: 'print' })
    const text = page.locator('.message .text')
    expect(await text.evaluate((node) => node.scrollHeight - node.clientHeight)).toBeLessThan(2)
    expect(await text.evaluate((node) => getComputedStyle(node).maskImage)).toBe('none')
    expect(await page.locator('.message [aria-expanded]').isVisible()).toBe(false)
  })

  test('[A36] under forced colours borders and shapes say what colours said: the room, a mention, who is away, a text to send', async () => {
    const { page } = await aRoom({ events: talk(1, 5), people: here }, { ...DESKTOP, forcedColors: 'active' })
    await page.fill('textarea', 'mine')
    const looks = await page.evaluate(() => {
      const style = (selector: string, pseudo?: string) =>
        getComputedStyle(document.querySelector(selector)!, pseudo)
      document.querySelector('.message')?.setAttribute('data-mention', '')
      return {
        room: style('.row-button[aria-current]').outlineStyle,
        mention: style('.message[data-mention]').outlineStyle,
        other: style('.message:not([data-mention])').outlineStyle,
        send: style('.composer [type=submit]').borderTopWidth,
        active: style('.person .avatar:not([data-state=idle])', '::after').backgroundColor,
        away: style('.person .avatar[data-state=idle]', '::after').backgroundColor,
      }
    })
    expect(looks).toMatchObject({ room: 'solid', mention: 'solid', other: 'none', send: '2px' })
    expect(looks.active).not.toBe(looks.away)
    await page.keyboard.press('Control+k')
    // The rows are drawn again when the server has told the rooms.
    await page.waitForFunction(() => {
      const row = document.querySelector('.suggestion[aria-selected=true]')
      return row !== null && getComputedStyle(row).outlineStyle === 'solid'
    })
  })

  test('[A31, A37] at 320 × 200 the list is 80 px high, nothing floats over it, and the composer is in the window', async () => {
    const unread = { events: talk(1, 60), people: here, readSeq: 5 }
    const { page } = await aRoom(unread, { viewport: { width: 320, height: 200 } })
    await page.fill('textarea', 'one\ntwo\nthree\nfour\nfive')
    const sizes = await page.evaluate(() => {
      const box = (selector: string) => document.querySelector(selector)!.getBoundingClientRect()
      const floating = ['.pill', '.list-bars'].filter((one) => document.querySelector(one)!.checkVisibility())
      return { list: box('.log').height, end: box('.composer').bottom, floating }
    })
    expect(sizes.list).toBeGreaterThanOrEqual(80)
    expect(sizes.end).toBeLessThanOrEqual(200)
    expect(sizes.floating).toEqual([])
    await page.click('.head [aria-label=Menu]')
    await page.click('text=Settings')
    await page.waitForSelector('.settings')
    expect(await page.locator('.settings').evaluate((part) => part.clientHeight)).toBeGreaterThanOrEqual(80)
  })

  test('[A38] discs and dots of people grow with the font', async () => {
    const { page } = await aRoom({ events: talk(1, 5), people: here })
    const sizes = (font: number) =>
      page.evaluate((size) => {
        document.documentElement.style.fontSize = `${size}px`
        const width = (selector: string, pseudo?: string) =>
          parseFloat(getComputedStyle(document.querySelector(selector)!, pseudo).width)
        return [width('.message .avatar'), width('.person .avatar'), width('.person .avatar', '::after')]
      }, font)
    expect(await sizes(16)).toEqual([36, 28, 12])
    expect(await sizes(32)).toEqual([72, 56, 24])
  })

  test.each(Object.entries(MISSING))(
    '[U266] in a browser without %s says which browsers it needs',
    async (_what, takeAway) => {
      const { context } = await aContext(world.browser)
      await context.addInitScript(takeAway)
      const page = await context.newPage()
      await page.goto(place.origin)
      await page.getByRole('heading', { name: 'This browser is too old for Hubbub' }).waitFor()
      expect(
        await page
          .getByText(/Chrome 123.*Firefox 125.*Safari 17\.5/)
          .first()
          .isVisible(),
      ).toBe(true)
      expect(await page.locator('input, button').count()).toBe(0)
    },
  )

  test('[U266] in a browser that is new enough does not mention old ones', async () => {
    const { page } = await aRoom({ events: [said(1)] })
    expect(await page.locator('#too-old').isVisible()).toBe(false)
  })
})
