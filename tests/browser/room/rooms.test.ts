import { describe, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { usePlace } from '../../support/server/aPlace.ts'
import { aContext, DESKTOP, PHONE } from '../../support/client/aScreen.ts'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'

describe.skipIf(browserFound === null)('rooms', () => {
  const place = usePlace()
  const world = useBrowser()
  let names = 0

  /** Somebody in the lobby who has made these rooms. */
  async function somebody(context: BrowserContext, ...rooms: string[]): Promise<Page> {
    const headers = { origin: place.origin }
    const ask = (path: string, name: string) =>
      context.request.post(place.origin + path, { data: { name }, headers })
    await ask('/api/session', `Nora ${(names += 1)}`)
    for (const room of rooms) await ask('/api/rooms', room)
    const page = await context.newPage()
    await page.goto(`${place.origin}/chat/lobby`)
    await page.waitForSelector('.emoji-button')
    return page
  }

  const focused = (page: Page) =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName)
  const isAt = (page: Page, path: string) =>
    eventually(`at ${path}`, () => page.url() === place.origin + path)

  /** This room is there, not the one before: its menu comes with its keys, a moment after its field. */
  const isIn = (page: Page, name: string) =>
    page.waitForSelector(`.shell:has(textarea[aria-label="Message ${name}"]) .head [popovertarget]`)

  test('[A10] a dialog opened from the menu gives the focus back to the menu’s button', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const page = await somebody(context)
    for (const label of ['Keyboard shortcuts and commands', 'Settings']) {
      await page.locator('.head [aria-label=Menu]').press('Enter')
      await page.getByRole('button', { name: label }).press('Enter')
      await page.waitForSelector('dialog[open]')
      await page.keyboard.press('Escape')
      await page.waitForSelector('dialog[open]', { state: 'detached' })
      await eventually('the focus', async () => (await focused(page)) === 'Menu')
    }
    await context.close()
  })

  test('[U84, U83, A9, A29] by keys alone from room to room: the switcher, Alt and arrows; each says once where one is', async () => {
    const { context, refused } = await aContext(world.browser, DESKTOP)
    const page = await somebody(context, 'Attic', 'Kitchen')
    await page.waitForSelector('.side a[href="/chat/attic"]')
    await page.locator('.heard p').first().waitFor({ state: 'attached' })
    await page.evaluate(() => {
      const spoken: string[] = []
      Reflect.set(window, 'spoken', spoken)
      new MutationObserver((all) => {
        for (const { addedNodes } of all)
          for (const node of addedNodes)
            if (node.parentElement?.matches('.heard')) spoken.push(node.textContent ?? '')
      }).observe(document.body, { childList: true, subtree: true })
    })
    await page.keyboard.press('Control+k')
    await page.waitForSelector('[role=combobox]')
    await page.keyboard.type('ktn')
    expect(await page.locator('[role=option]').allTextContents()).toEqual(['Kitchen'])
    await page.keyboard.press('Enter')
    await isAt(page, '/chat/kitchen')
    await eventually('the focus', async () => (await focused(page)) === 'Message Kitchen')
    expect(await page.title()).toContain('Kitchen')
    const spoken = () => page.evaluate(() => Reflect.get(window, 'spoken') as string[])
    await eventually('it is said', async () => (await spoken()).length > 0)
    expect(await spoken()).toEqual(['Kitchen, 1 online'])

    await isIn(page, 'Kitchen')
    await page.keyboard.press('Alt+ArrowUp')
    await isAt(page, '/chat/attic')
    await eventually('the focus', async () => (await focused(page)) === 'Message Attic')
    await isIn(page, 'Attic')
    await page.keyboard.press('Alt+ArrowUp')
    await isAt(page, '/chat/lobby')
    // Back is a step like any, and what had the focus when one left has it again.
    await page.goBack()
    await isAt(page, '/chat/attic')
    await eventually('the focus', async () => (await focused(page)) === 'Message Attic')
    expect(refused).toEqual([])
    await context.close()
  })

  test('[U83, U8] a favourite stands first, also after a reload, and is forgotten with who signs out', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const page = await somebody(context, 'Barn', 'Yard')
    await page.click('.side a[href="/chat/yard"]')
    await isIn(page, 'Yard')
    await page.click('.head [popovertarget]')
    await page.click('text=Add to favourites')
    const order = () => page.locator('.side nav :is(h2:not([hidden]), a)').allTextContents()
    const wanted = ['Favourites', 'Yard', 'Rooms', 'Barn', 'lobby'].join()
    await eventually(
      'it stands first',
      async () => (await order()).join().toLowerCase() === wanted.toLowerCase(),
    )
    expect(await page.locator('.note-line').textContent()).toBe('Added to favourites')
    await page.reload()
    await page.waitForSelector('.emoji-button')
    await eventually('still', async () => (await order()).join().toLowerCase() === wanted.toLowerCase())

    // A draft that nobody sent is asked about, and staying keeps all of it.
    await page.fill('textarea', 'half a thought')
    await page.click('.head [popovertarget]')
    await page.click('text=Sign out')
    await page.waitForSelector('dialog')
    expect(await page.locator('dialog p').textContent()).toContain('1 unsent draft')
    await page.click('dialog >> text=Cancel')
    expect(await page.inputValue('textarea')).toBe('half a thought')

    const other = await context.newPage()
    await other.goto(`${place.origin}/chat/barn`)
    await other.waitForSelector('.emoji-button')
    await page.bringToFront()
    await page.click('.head [popovertarget]')
    await page.click('text=Sign out')
    await page.click('dialog >> .button-danger')
    await page.waitForSelector('text=Your name')
    // Also that somebody is leaving: it is kept until the server has said that they are gone.
    await eventually('nothing is kept', () => page.evaluate(() => Object.keys(localStorage).length === 0))
    // U48: the other tab says why it asks for a name.
    await other.waitForSelector('text=You signed out in another tab')
    await context.close()
  })

  test('[U87, A10] a room without a topic asks whoever may give it one in words, and the focus comes back', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const page = await somebody(context, 'Garden')
    await page.goto(`${place.origin}/chat/garden`)
    await page.click('text=Add a topic')
    await page.keyboard.type('What grows')
    await page.keyboard.press('Enter')
    await page.locator('header', { hasText: 'What grows' }).waitFor()
    await page.waitForSelector('dialog', { state: 'detached' })
    expect(await focused(page)).toBe('Edit topic')
    expect(await page.locator('text=Add a topic').count()).toBe(0)
    await context.close()
  })

  test('[E32] who leaves a room is in the one they were in before, and with the last of them at home', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const page = await somebody(context, 'Cellar', 'Loft')
    for (const room of ['Cellar', 'lobby', 'Loft']) {
      await page.click(`.side a[href="/chat/${room.toLowerCase()}"]`)
      await isIn(page, room)
    }
    for (const then of ['lobby', 'Cellar', null]) {
      await page.click('.head [popovertarget]')
      await page.click('text=Leave room')
      await isAt(page, then === null ? '/' : `/chat/${then.toLowerCase()}`)
      if (then !== null) await isIn(page, then)
    }
    await page.waitForSelector('text=Continue as')
    await context.close()
  })

  test('[U86, U81] an address in capitals leads to the room; a missing room is said, leads to the lobby, and has the focus', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const page = await somebody(context)
    await page.goto(`${place.origin}/chat/LOBBY/`)
    await page.waitForSelector('.emoji-button')
    expect(page.url()).toBe(`${place.origin}/chat/lobby`)
    await page.goto(`${place.origin}/chat/no-such-room`)
    await page.waitForSelector('text=Room not found')
    await eventually('the focus', async () => (await focused(page)) === 'H1')
    await page.click('text=Go to the lobby')
    await isAt(page, '/chat/lobby')
    await context.close()
  })

  test('[V14, A32] a swipe opens the drawer and closes it, from the side where one begins to read', async () => {
    const { context } = await aContext(world.browser, PHONE)
    const page = await somebody(context)
    const swipe = (from: number, by: number) =>
      page.locator('.log').evaluate(
        (log, { x, dx }) => {
          const at = (clientX: number) => [new Touch({ identifier: 1, target: log, clientX, clientY: 300 })]
          log.dispatchEvent(new TouchEvent('touchstart', { bubbles: true, touches: at(x) }))
          log.dispatchEvent(new TouchEvent('touchend', { bubbles: true, changedTouches: at(x + dx) }))
        },
        { x: from, dx: by },
      )
    const isOpen = async () => (await page.locator('.shell').getAttribute('data-sidebar')) === 'open'
    await swipe(60, 200)
    await eventually('open', isOpen)
    await swipe(300, -200)
    await eventually('closed', async () => !(await isOpen()))

    await page.evaluate(() => (document.documentElement.dir = 'rtl'))
    await swipe(300, -200)
    await eventually('open', isOpen)
    await page.waitForFunction(() => document.querySelector('.side')?.getAnimations().length === 0)
    const box = await page.locator('.side').boundingBox()
    expect([Math.round((box?.x ?? 0) + (box?.width ?? 0)), (box?.x ?? 0) > 40]).toEqual([375, true])
    // T13: a field with the focus would open the keyboard over the rooms.
    await page.click('.side-foot button')
    await page.waitForSelector('dialog a')
    expect(await focused(page)).toBe('DIALOG')
    await context.close()
  })
})
