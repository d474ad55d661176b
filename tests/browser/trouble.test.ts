import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { aClient } from '../support/server/aClient.ts'
import { aContext, aScreen, DESKTOP, isKept } from '../support/client/aScreen.ts'
import { usePlace } from '../support/server/aPlace.ts'
import { event, said } from '../support/client/aState.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/eventually.ts'
import { everybody } from '../support/browser/someScreens.ts'
import { PEOPLE } from '../support/someTalk.ts'

const DAY = 86_400_000
/** Runs in the page before its scripts: a clock that is wrong by so much, and a device that keeps nothing. */
function wrong({ by, forbidden }: { by: number; forbidden: boolean }): void {
  const Real = Date
  const now = () => Real.now() + by
  class Wrong extends Real {
    constructor(...given: [] | [number | string]) {
      super(given.length === 0 ? now() : given[0])
    }
    static override now = now
  }
  Reflect.set(window, 'Date', Wrong)
  if (!forbidden) return
  for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
    Object.defineProperty(window, name, {
      get() {
        throw new DOMException('The operation is insecure.', 'SecurityError')
      },
    })
}

describe.skipIf(browserFound === null)('where things are not as they should be', () => {
  const place = usePlace()
  const world = useBrowser()

  const texts = (page: Page) => page.locator('.message .text').allTextContents()

  test.each([
    ['a day ahead, and nothing may be stored', { by: DAY, forbidden: true }],
    ['a day behind', { by: -DAY, forbidden: false }],
  ])(
    '[U47, U17, U45] with a clock %s: both people read both, in order, and it is said if nothing is kept',
    async (_how, how) => {
      const bob = await aClient(place.origin).enter(`Bob ${how.forbidden}`)
      const { context, refused } = await aContext(world.browser, DESKTOP)
      await context.addInitScript(wrong, how)
      const page = await context.newPage()
      await page.goto(place.origin)
      await page.getByLabel('Your name').fill(`Ada ${how.forbidden}`)
      await page.keyboard.press('Enter')
      await page.waitForSelector('textarea')
      const note = page.locator('.note-line', { hasText: 'unsent messages are lost' })
      if (how.forbidden) await note.waitFor()
      await page.waitForSelector('.emoji-button')
      expect(await note.count()).toBe(how.forbidden ? 1 : 0)

      const [first, second, third] = ['one', 'two', 'three'].map((text) => `${text} ${how.by}`)
      bob.actions.send('lobby', first!)
      await page.locator('.message', { hasText: first! }).waitFor()
      await page.fill('textarea', second!)
      await page.keyboard.press('Enter')
      await eventually('Bob reads it', () => bob.texts().includes(second!))
      const mine = page.locator('.message[data-own]').last()
      await eventually('it is acknowledged', async () => (await mine.getAttribute('data-stage')) === '')
      bob.actions.send('lobby', third!)
      await page.locator('.message', { hasText: third! }).waitFor()
      expect((await texts(page)).slice(-3)).toEqual([first!, second!, third!])

      // What is half written is there again after a look elsewhere.
      await page.fill('textarea', 'half a thought')
      await page.click('.wordmark')
      await page.click('text=Continue as')
      await eventually(
        'the draft',
        async () => (await page.locator('textarea').inputValue()) === 'half a thought',
      )
      expect(refused).toEqual([])
      bob.end()
      await context.close()
    },
  )

  test('[U35, U24, U39, U86, U34] 50 KB and HTML pasted, unknown emoji, an edit of what was just deleted, and the room lost while I write', async () => {
    const { context, refused } = await aContext(world.browser, DESKTOP)
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: place.origin })
    const screen = await aScreen(place.origin, context, { events: [said(1)], people: everybody })
    const { page } = screen
    await page.waitForSelector('.emoji-button')
    const field = page.locator('textarea')
    const paste = async (kinds: Record<string, string>) => {
      const before = refused.length
      await page.evaluate(async (all) => {
        const blobs = Object.entries(all).map(([type, text]) => [type, new Blob([text], { type })])
        await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))])
      }, kinds)
      // Newer browsers hold what a page copies against its policy: that was this test, and no paste.
      refused.splice(before)
      await field.focus()
      await page.keyboard.press('Control+v')
    }

    await paste({ 'text/html': '<b>bold</b><img src=x onerror=alert(1)>', 'text/plain': 'bold' })
    await eventually('what is pasted', async () => (await field.inputValue()) === 'bold')
    await field.fill('')
    await paste({ 'text/plain': 'x'.repeat(50_000) })
    await eventually('all of it', async () => (await field.inputValue()).length === 50_000)
    await page.keyboard.press('Enter')
    expect(await page.locator('.foot .fault').textContent()).toContain('46000 characters over the limit')
    expect((await field.inputValue()).length).toBe(50_000)
    expect(screen.heard.filter(({ type }) => type === 'send')).toEqual([])

    await field.fill(':no_such_thing: stays')
    await page.keyboard.press('Enter')
    const { nonce } = await screen.next('send')
    const mine = said(2, { user: screen.me, nonce, text: ':no_such_thing: stays', at: Date.now() })
    screen.tell(event(mine), { type: 'ack', room: 'lobby', nonce, seq: 2, id: mine.id, at: mine.at })
    const row = page.locator('.message[data-own]')
    await eventually('it is acknowledged', async () => (await row.getAttribute('data-stage')) === '')
    expect(await row.locator('.text').textContent()).toBe(':no_such_thing: stays')
    // From a newer Unicode than anything here knows.
    const change = { at: Date.now(), user: PEOPLE[0]!, target: mine.id }
    const emoji = '\u{1FAFF}'
    const react = { ...change, kind: 'react', emoji, on: true, count: 1 } as const
    screen.tell(event({ ...react, seq: 3, id: 'id-3', nonce: 'nonce-3' }))
    await eventually('a chip', async () => (await row.locator('.chip').textContent()) === `${emoji}1`)

    await field.focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.type(', changed')
    screen.tell(
      event({
        ...change,
        kind: 'delete',
        seq: 4,
        id: 'id-4',
        nonce: 'nonce-4',
        by: 'author',
        user: screen.me,
      }),
    )
    await eventually('it is gone', async () => (await row.textContent())?.includes('Message deleted'))
    await page.keyboard.press('Enter')
    expect(await page.locator('.foot .fault').textContent()).toContain('has been deleted')
    expect(await field.inputValue()).toBe(':no_such_thing: stays, changed')
    await page.keyboard.press('Escape')
    expect(screen.heard.filter(({ type }) => type === 'edit')).toEqual([])

    await field.fill('half a thought')
    screen.tell({ type: 'reset', room: 'lobby', reason: 'access' })
    await page.waitForSelector('.page')
    expect(await page.locator('h1').textContent()).toContain('no longer in this room')
    await eventually('the draft is kept', () => isKept(page, 'half a thought'))
    expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true)
    expect(refused).toEqual([])
    await context.close()
  })
})
