import { describe, expect, test } from 'bun:test'
import { CLOSE } from '../../src/shared/errors.ts'
import { useTimeline } from '../support/browser/aTimeline.ts'
import { browserFound } from '../support/browser/browser.ts'
import { everybody, openSettings, toLobby } from '../support/browser/someScreens.ts'
import {
  acknowledged,
  aContext,
  DESKTOP,
  hasDraft,
  isKept,
  say,
  signIn,
  stopWriting,
  textsOn,
} from '../support/client/aScreen.ts'
import { event, said } from '../support/client/aState.ts'
import { eventually } from '../support/eventually.ts'
import { aClient } from '../support/server/aClient.ts'
import { PEOPLE } from '../support/someTalk.ts'

const DAY = 86_400_000
/** Runs in the page before its scripts: the clock is wrong by `by` ms, and the storage may be forbidden. */
function disturb({ by, forbidden }: { by: number; forbidden: boolean }): void {
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

describe.skipIf(browserFound === null)('screens', () => {
  const { aRoom, place, world } = useTimeline()

  test.each(['sidebar', 'people'])(
    '[V13] the column %s, once closed, stays closed after a reload',
    async (id) => {
      const { page } = await aRoom(toLobby)
      const open = () =>
        Promise.all(['sidebar', 'people'].map((panel) => page.locator(`#${panel}`).isVisible()))
      expect(await open()).toEqual([true, true])
      await page.click(`[aria-controls=${id}]`)
      await page.reload()
      await page.waitForSelector('textarea')
      expect(await open()).toEqual([id !== 'sidebar', id !== 'people'])
    },
  )

  test('[V9] a chosen theme holds in every tab, and before the first paint after a reload', async () => {
    const { page, context } = await aRoom(toLobby, { ...DESKTOP, colorScheme: 'light' })
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await ground()
    await openSettings(page)
    await page.click('text=Dark')
    const dark = await ground()
    expect(dark).not.toBe(light)
    const other = await context.newPage()
    await other.goto(place.origin)
    expect(await other.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(dark)
    await page.click('text=Light')
    await other.waitForFunction((ground) => getComputedStyle(document.body).backgroundColor === ground, light)
    await page.click('text=Dark')
    // Without the client's script only theme.js can set the theme.
    await page.route('**/assets/main-*.js', (route) => route.abort())
    await page.reload()
    expect(await ground()).toBe(dark)
  })

  test('[R22, U55] a final close offers a reload that cannot be dismissed, with unsent messages and drafts on the device already', async () => {
    const { screen, page } = await aRoom(toLobby)
    await stopWriting(page)
    await page.evaluate(() => {
      new MutationObserver((_, observer) => {
        if (document.querySelector('dialog') === null) return
        observer.disconnect()
        document.body.dataset.kept = Object.values(localStorage).join()
      }).observe(document.body, { childList: true, subtree: true })
    })
    await say(page, 'not sent yet')
    await page.fill('textarea', 'half a thought')
    await screen.close(CLOSE.version)
    await page.waitForSelector('dialog[open]')
    await page.keyboard.press('Escape')
    expect(await page.locator('dialog[open]').count()).toBe(1)
    const kept = await page.evaluate(() => document.body.dataset.kept)
    expect(kept).toContain('not sent yet')
    expect(kept).toContain('half a thought')
    await page.click('dialog button')
    await hasDraft(page, 'half a thought')
    expect(await screen.next('send')).toMatchObject({ text: 'not sent yet' })
  })

  test('[U86, U141] a room that I am no longer in shows no rows, and its button joins again', async () => {
    const { screen, page } = await aRoom(toLobby)
    await screen.next('join')
    screen.tell({ type: 'reset', room: 'lobby', reason: 'access' })
    await page.waitForSelector('.page')
    expect(await page.locator('.message').count()).toBe(0)
    await page.getByRole('button', { name: 'Join' }).click()
    expect(await screen.next('join')).toMatchObject({ room: 'lobby', limit: 50 })
    await page.waitForSelector('.message')
  })

  test('[U55] a final close is explained where a room is left or closed to me, too', async () => {
    const { screen, page } = await aRoom(toLobby)
    screen.tell({ type: 'reset', room: 'lobby', reason: 'access' })
    await page.waitForSelector('.page')
    await screen.close(CLOSE.tooMany)
    await page.getByRole('dialog', { name: 'Too many open tabs' }).waitFor()
  })

  test.each([
    ['a day ahead, and nothing may be stored', { by: DAY, forbidden: true }],
    ['a day behind', { by: -DAY, forbidden: false }],
  ])(
    '[U47, U17, U45] with a clock %s two people read each other in order, and a page that stores nothing says so',
    async (_how, how) => {
      const bob = await aClient(place.origin).enter(`Bob ${how.forbidden}`)
      const { context, refused } = await aContext(world.browser)
      await context.addInitScript(disturb, how)
      const page = await context.newPage()
      await page.goto(place.origin)
      await signIn(page, `Ada ${how.forbidden}`)
      const note = page.locator('.toast', { hasText: 'unsent messages are lost' })
      if (how.forbidden) await note.waitFor()
      await page.waitForSelector('.emoji-button')
      expect(await note.count()).toBe(how.forbidden ? 1 : 0)

      const [first = '', second = '', third = ''] = ['one', 'two', 'three'].map((text) => `${text} ${how.by}`)
      bob.actions.send('lobby', first)
      await page.locator('.message', { hasText: first }).waitFor()
      await say(page, second)
      await eventually('Bob reads it', () => bob.texts().includes(second))
      await acknowledged(page)
      bob.actions.send('lobby', third)
      await page.locator('.message', { hasText: third }).waitFor()
      expect((await textsOn(page)).slice(-3)).toEqual([first, second, third])

      // The draft survives a visit to the start page.
      await page.fill('textarea', 'half a thought')
      await page.goBack()
      await page.click('text=Continue as')
      await hasDraft(page, 'half a thought')
      expect(refused).toEqual([])
      bob.end()
    },
  )

  test('[U35, U24, U39, U86, U34] nothing typed is lost after pasting 50 KB, editing a deleted message, and losing the room', async () => {
    const { screen, page, context, refused } = await aRoom({ events: [said(1)], people: everybody })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: place.origin })
    await page.waitForSelector('.emoji-button')
    const field = page.locator('textarea')
    const paste = async (kinds: Record<string, string>) => {
      const before = refused.length
      await page.evaluate(async (all) => {
        const blobs = Object.entries(all).map(([type, text]) => [type, new Blob([text], { type })])
        await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))])
      }, kinds)
      // Newer browsers report the test's own copying as a violation of the policy.
      refused.splice(before)
      await field.focus()
      await page.keyboard.press('Control+v')
    }

    await paste({ 'text/html': '<b>bold</b><img src=x onerror=alert(1)>', 'text/plain': 'bold' })
    await hasDraft(page, 'bold')
    await field.fill('')
    await paste({ 'text/plain': 'x'.repeat(50_000) })
    await hasDraft(page, 'x'.repeat(50_000))
    await page.keyboard.press('Enter')
    expect(await page.locator('.foot .fault').textContent()).toContain('46,000')
    expect((await field.inputValue()).length).toBe(50_000)
    expect(screen.heard.filter(({ type }) => type === 'send')).toEqual([])

    await say(page, ':no_such_thing: stays')
    const { nonce } = await screen.next('send')
    const mine = said(2, { user: screen.me, nonce, text: ':no_such_thing: stays', at: Date.now() })
    screen.tell(event(mine), { type: 'ack', room: 'lobby', nonce, seq: 2, id: mine.id, at: mine.at })
    const row = page.locator('.message[data-own]')
    await acknowledged(page)
    expect(await row.locator('.text').textContent()).toBe(':no_such_thing: stays')
    // From a newer Unicode than this client knows.
    const change = { at: Date.now(), user: PEOPLE[0]!, target: mine.id }
    const emoji = '\u{1FAFF}'
    const react = { ...change, kind: 'react', emoji, on: true, count: 1 } as const
    screen.tell(event({ ...react, seq: 3, id: 'id-3', nonce: 'nonce-3' }))
    await eventually('a chip', async () => (await row.locator('.chip').textContent()) === `${emoji}1`)

    await field.focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.type(', changed')
    const deletion = { ...change, kind: 'delete', by: 'author', user: screen.me } as const
    screen.tell(event({ ...deletion, seq: 4, id: 'id-4', nonce: 'nonce-4' }))
    await eventually(
      'it is deleted',
      async () => (await row.textContent())?.includes('no_such_thing') === false,
    )
    await page.keyboard.press('Enter')
    expect(await page.locator('.foot .fault').isVisible()).toBe(true)
    expect(await field.inputValue()).toBe(':no_such_thing: stays, changed')
    await page.keyboard.press('Escape')
    expect(screen.heard.filter(({ type }) => type === 'edit')).toEqual([])

    await field.fill('half a thought')
    screen.tell({ type: 'reset', room: 'lobby', reason: 'access' })
    await page.waitForSelector('.page')
    await eventually('the draft is kept', () => isKept(page, 'half a thought'))
    expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true)
    expect(refused).toEqual([])
  })
})
