import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { aContext, aSession, DESKTOP, PHONE, post } from '../../support/client/aScreen.ts'
import { distance, focused, heardFrom, useTimeline } from '../../support/browser/aTimeline.ts'
import { browserFound } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'

let names = 0

describe.skipIf(browserFound === null)('rooms', () => {
  const { place, world } = useTimeline()

  /** The page of a person in the lobby who has created these rooms. */
  async function aMember(rooms: string[] = [], size: Parameters<typeof aContext>[1] = DESKTOP) {
    const { context, refused } = await aContext(world.browser, size)
    await aSession(place.origin, context, `Nora ${(names += 1)}`)
    for (const name of rooms) await post(place.origin, context, '/api/rooms', { name })
    const page = await context.newPage()
    await page.goto(`${place.origin}/chat/lobby`)
    await page.waitForSelector('.emoji-button')
    return { page, context, refused }
  }

  const hasFocus = (page: Page, label: string) =>
    eventually(`the focus on ${label}`, async () => (await focused(page)) === label)
  const isAt = (page: Page, path: string) => page.waitForURL(place.origin + path)

  /** Waits until this room is drawn, not the one before: its menu comes with its shortcuts, after its composer. */
  const isIn = (page: Page, name: string) =>
    page.waitForSelector(`.shell:has(textarea[aria-label="Message ${name}"]) .head [popovertarget]`)

  const dialogOption = (page: Page, text: string) => page.locator('dialog [role=option]', { hasText: text })

  async function chooseInMenu(page: Page, entry: string): Promise<void> {
    await page.click('.head [popovertarget]')
    await page.click(`text=${entry}`)
  }

  test('[A10, U193] have a menu that a key opens at its first entry, and whose button gets the focus back from a dialog', async () => {
    const { page } = await aMember()
    for (const label of ['Shortcuts and commands', 'Settings']) {
      await page.locator('.head [aria-label=Menu]').press('Enter')
      await page.locator('.head [popover] button:first-child:focus').waitFor()
      await page.keyboard.press('ArrowUp')
      await page.locator('.head [popover] button:last-child:focus').waitFor()
      await page.keyboard.press('ArrowDown')
      await page.getByRole('button', { name: label }).press('Enter')
      await page.waitForSelector('dialog[open]')
      await page.keyboard.press('Escape')
      await page.waitForSelector('dialog[open]', { state: 'detached' })
      await hasFocus(page, 'Menu')
    }
  })

  test('[U84, U83, A9, A29] are switched by keys: the switcher, Alt and arrows; each is announced once', async () => {
    const { page, refused } = await aMember(['Attic', 'Kitchen'])
    await page.waitForSelector('.side a[href="/chat/attic"]')
    await page.locator('.sr-only[aria-live] p', { hasText: 'lobby,' }).waitFor({ state: 'attached' })
    const spoken = await heardFrom(page)
    await page.keyboard.press('Control+k')
    await page.waitForSelector('[role=combobox]')
    await page.keyboard.type('ktn')
    expect(await page.locator('[role=option]').allTextContents()).toEqual(['Kitchen'])
    await page.keyboard.press('Enter')
    await isAt(page, '/chat/kitchen')
    await hasFocus(page, 'Message Kitchen')
    expect(await page.title()).toContain('Kitchen')
    await eventually('the announcement', async () => (await spoken()).includes('Kitchen, 1 online'))
    expect((await spoken()).join()).not.toMatch(/Kitchen.*\|.*Kitchen/)

    await isIn(page, 'Kitchen')
    await page.keyboard.press('Alt+ArrowUp')
    await isAt(page, '/chat/attic')
    await hasFocus(page, 'Message Attic')
    await isIn(page, 'Attic')
    await page.keyboard.press('Alt+ArrowUp')
    await isAt(page, '/chat/lobby')
    await page.goBack()
    await isAt(page, '/chat/attic')
    await hasFocus(page, 'Message Attic')
    expect(refused).toEqual([])
  })

  test('[U83, U8] are first as favourites, also after a reload, until the person signs out', async () => {
    const { page, context } = await aMember(['Barn', 'Yard'])
    await page.click('.side a[href="/chat/yard"]')
    await isIn(page, 'Yard')
    await chooseInMenu(page, 'Add to favourites')
    const isFirst = () =>
      eventually('the favourite is first', async () => {
        const order = await page.locator('.side section:not([hidden]) :is(h2, a bdi)').allTextContents()
        return order.slice(0, 5).join().toLowerCase() === 'favourites,yard,rooms,barn,lobby'
      })
    await isFirst()
    expect(await page.locator('.toast').textContent()).toBe('Added to favourites')
    await page.reload()
    await page.waitForSelector('.emoji-button')
    await isFirst()

    // Sign-out says what is lost, and Cancel keeps it.
    await page.fill('textarea', 'half a thought')
    await chooseInMenu(page, 'Sign out')
    await page.locator('dialog li', { hasText: '1 unsent draft' }).waitFor()
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel')
    await page.keyboard.press('Enter')
    expect(await page.inputValue('textarea')).toBe('half a thought')

    const other = await context.newPage()
    await other.goto(`${place.origin}/chat/barn`)
    await other.waitForSelector('.emoji-button')
    await page.bringToFront()
    await chooseInMenu(page, 'Sign out')
    await page.click('dialog >> .button-danger')
    await page.waitForSelector('text=Your name')
    // That a sign-out is under way is kept until the server has confirmed it.
    await eventually('nothing is kept', () => page.evaluate(() => Object.keys(localStorage).length === 0))
    await other.waitForSelector('text=You signed out in another tab')
  })

  test('[E32, U192] lead, when left, to the room before, and the last of them to a page that joins it again', async () => {
    const { page } = await aMember(['Cellar', 'Loft'])
    for (const room of ['Cellar', 'lobby', 'Loft']) {
      await page.click(`.side a[href="/chat/${room.toLowerCase()}"]`)
      await isIn(page, room)
    }
    for (const next of ['lobby', 'Cellar']) {
      await chooseInMenu(page, 'Leave room')
      await isAt(page, `/chat/${next.toLowerCase()}`)
      await isIn(page, next)
    }
    await chooseInMenu(page, 'Leave room')
    await page.waitForSelector('text=You left Cellar')
    await page.getByRole('button', { name: 'Join' }).click()
    await isIn(page, 'Cellar')
  })

  test('[U192, A10] once left, are joined again by Undo, also after a walk through other rooms; closing the page leaves', async () => {
    const { page, context } = await aMember(['Nook', 'Den'])
    const isMember = async (room: string) => {
      const answer = await context.request.get(`${place.origin}/api/rooms`)
      const { rooms } = (await answer.json()) as { rooms: { room: string; joined: boolean }[] }
      return rooms.some((entry) => entry.room === room && entry.joined)
    }
    await page.click('.side a[href="/chat/nook"]')
    await isIn(page, 'Nook')
    await chooseInMenu(page, 'Leave room')
    await isIn(page, 'lobby')
    await page.click('.side a[href="/chat/den"]')
    await isIn(page, 'Den')
    const undo = page.locator('.undo-line button')
    expect(await page.locator('.undo-line span').textContent()).toBe('You left Nook. It will have no owner.')
    await undo.press('Enter')
    await isAt(page, '/chat/nook')
    await isIn(page, 'Nook')
    await undo.waitFor({ state: 'hidden' })
    // The topic may still be set: the server was never told.
    await page.click('text=Add a topic')
    await page.keyboard.press('Escape')

    await chooseInMenu(page, 'Leave room')
    await isIn(page, 'Den')
    expect(await isMember('nook')).toBe(true)
    await page.close({ runBeforeUnload: true })
    await eventually('the leave', async () => !(await isMember('nook')))
  })

  test('[U191, A10] of others are one tap away for a newcomer on a phone, until the drawer was opened', async () => {
    const maker = await aMember(['Bakery', 'Cinema', 'Dancing', 'Ethics', 'Football', 'Garden'])
    const { page, refused } = await aMember([], PHONE)
    await page.locator('.room-strip a[href="/chat/bakery"]').tap()
    await isAt(page, '/chat/bakery')
    await page.locator('.room-strip a[href="/chat/lobby"]').waitFor()
    await page.tap('[aria-controls=sidebar]')
    await page.locator('.side a[href="/chat/lobby"]').tap()
    await isAt(page, '/chat/lobby')
    await isIn(page, 'lobby')
    expect(await page.locator('.room-strip').count()).toBe(0)

    // What another room says of me shows without a tap.
    const rooms = page.locator('[aria-controls=sidebar]')
    expect(await rooms.getAttribute('aria-label')).toBe('Rooms')
    const name = await page.locator('.people-panel .person').first().locator('.name').textContent()
    await maker.page.goto(`${place.origin}/chat/bakery`)
    await maker.page.waitForSelector('.emoji-button')
    for (const text of ['Fresh bread', `@${name} look`, `@${name} soon gone`]) {
      await maker.page.fill('textarea', text)
      await maker.page.keyboard.press('Enter')
    }
    await eventually('the number', async () => (await rooms.locator('.badge').textContent()) === '2')
    expect(await rooms.getAttribute('aria-label')).toBe('Rooms, 3 unread, 2 mentions')
    // A tap on a button that then goes away opens no keyboard.
    await page.locator('.head [popovertarget]').tap()
    await page.getByText('Mark all as read').tap()
    await page.locator('.undo-line button').tap()
    await page.locator('.undo-line').waitFor({ state: 'hidden' })
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('log')
    expect(refused).toEqual([])
  })

  test('[U195, U87] are found and created by one field: Enter takes the first match, and creates only what was selected', async () => {
    const { page, refused } = await aMember(['Beekeeping'])
    const dialog = page.locator('dialog')
    const browse = async (typed: string) => {
      await page.click('.side-foot button')
      await page.keyboard.type(typed)
      await page.waitForFunction(
        (text) => document.querySelector<HTMLInputElement>('dialog input')?.value === text,
        typed,
      )
      const rows = await dialog.locator('[role=option]').allTextContents()
      return rows.map((row) => row.replace(/\d+ online$/, ''))
    }
    expect(await browse('bee')).toEqual(['Beekeeping', 'Create “bee”'])
    await page.keyboard.press('Enter')
    await isAt(page, '/chat/beekeeping')
    await isIn(page, 'Beekeeping')
    expect(await browse('  BEEKEEPING ')).toEqual(['Beekeeping'])
    // WebKit’s search fields take Escape for themselves; this one closes.
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })

    expect(await browse('Orchard')).toEqual(['Create “Orchard”'])
    // Enter straight after a misspelt name makes no room.
    expect(await dialog.locator('[aria-selected=true]').count()).toBe(0)
    await page.keyboard.press('Enter')
    expect(await dialog.locator('[aria-selected=true]').textContent()).toBe('Create “Orchard”')
    await page.keyboard.press('Enter')
    await isAt(page, '/chat/orchard')
    await isIn(page, 'Orchard')
    expect(refused).toEqual([])
  })

  test('[U195] whose name is taken meanwhile can be gone to', async () => {
    const { page } = await aMember()
    const { page: other } = await aMember()
    await page.click('.side-foot button')
    await page.keyboard.type('Workshop')
    await dialogOption(page, 'Create “Workshop”').waitFor()
    // Between the press and its request: a room made before would be offered instead.
    await page.route('**/api/rooms', async (route) => {
      if (route.request().method() === 'POST')
        await post(place.origin, other.context(), '/api/rooms', { name: 'workshop' })
      await route.continue()
    })
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.locator('dialog .fault', { hasText: 'There’s already a room called Workshop.' }).waitFor()
    await page.click('text=Go there')
    await isAt(page, '/chat/workshop')
  })

  test('[U196] what is typed right after Ctrl+K is typed into the switcher, and Escape closes it before it is there', async () => {
    const { page } = await aMember(['Quarry'])
    const typed = Promise.withResolvers<void>()
    await page.route(/roomDialogs/, async (route) => {
      await typed.promise
      await route.continue()
    })
    await page.reload()
    await page.waitForSelector('textarea')
    await page.focus('textarea')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('quarr')
    typed.resolve()
    await dialogOption(page, 'Quarry').waitFor()
    await page.keyboard.press('Enter')
    await isAt(page, '/chat/quarry')
    expect(await page.inputValue('textarea')).toBe('')

    await isIn(page, 'Quarry')
    await page.keyboard.press('Control+k')
    await page.keyboard.press('Escape')
    await page.keyboard.type('still here')
    expect(await page.inputValue('textarea')).toBe('still here')
  })

  test('[U194] have a topic whose addresses are links, and which a dialog shows whole', async () => {
    const maker = await aMember()
    const topic =
      'Plans: https://example.org/plans and everything else that does not fit into one line of a phone'
    await post(place.origin, maker.context, '/api/rooms', { name: 'Planning', topic })
    await maker.page.goto(`${place.origin}/chat/planning`)
    await maker.page.locator('.head a[href="https://example.org/plans"]').waitFor()
    const { page } = await aMember([], PHONE)
    await page.goto(`${place.origin}/chat/planning`)
    await page.locator('.head p').tap()
    await page.locator('dialog a[href="https://example.org/plans"]').waitFor()
    expect(await page.locator('dialog p').textContent()).toBe(topic)
    expect(await page.locator('dialog input').count()).toBe(0)
  })

  test('[U7, U192, U194, U281] of my own, on a phone: a topic is typed at once, an invitation copied, and the line of a leave is whole', async () => {
    const { page } = await aMember(['Greenhouse of the upper school'], {
      ...PHONE,
      viewport: { width: 320, height: 640 },
    })
    await page.locator('.room-strip a[href^="/chat/greenhouse"]').tap()
    await isIn(page, 'Greenhouse of the upper school')
    await page.getByText('Add a topic').tap()
    await page.waitForSelector('dialog input:focus')
    await page.keyboard.press('Escape')
    await page.locator('.empty button', { hasText: 'Invite people' }).tap()
    await page.locator('dialog button', { hasText: 'Copy link' }).tap()
    await page.locator('.toast', { hasText: 'Link copied' }).waitFor()
    // Its last row is a button, which the browser focuses.
    await page.locator('.head [popovertarget]').tap()
    await page.getByText('Shortcuts and commands').tap()
    const dialog = page.locator('dialog')
    expect(await dialog.evaluate((it) => [it.scrollHeight > it.clientHeight, it.scrollTop])).toEqual([
      true,
      0,
    ])
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.locator('.head [popovertarget]').tap()
    await page.getByText('Leave room').tap()
    const line = page.locator('.undo-line span')
    await line.filter({ hasText: 'It will have no owner.' }).waitFor()
    const isCut = (text: Element) =>
      text.scrollHeight > text.clientHeight || text.scrollWidth > text.clientWidth
    expect(await line.evaluate(isCut)).toBe(false)
    // The list makes room for it, and stays at its end.
    const [list, foot] = [
      await page.locator('.log').boundingBox(),
      await page.locator('.undo-line').boundingBox(),
    ]
    expect(list!.y + list!.height).toBeLessThanOrEqual(foot!.y)
    expect(await distance(page)).toBeLessThanOrEqual(1)
  })

  test('[U86, A9] that are missing say so, and lead to the lobby', async () => {
    const { page } = await aMember()
    await page.goto(`${place.origin}/chat/no-such-room`)
    await page.waitForSelector('text=Room not found')
    await hasFocus(page, 'H1')
    await page.click('text=Go to the lobby')
    await isAt(page, '/chat/lobby')
  })

  test('[V14, A32] are in a drawer that a swipe opens and closes, in both directions of reading', async () => {
    const { page } = await aMember([], PHONE)
    const swipe = (from: number, by: number) =>
      page.locator('.log').evaluate(
        (log, { x, dx }) => {
          const at = (clientX: number) => [new Touch({ identifier: 1, target: log, clientX, clientY: 300 })]
          log.dispatchEvent(new TouchEvent('touchstart', { bubbles: true, touches: at(x) }))
          log.dispatchEvent(new TouchEvent('touchend', { bubbles: true, changedTouches: at(x + dx) }))
        },
        { x: from, dx: by },
      )
    // The chunk of swipes is loaded after the room.
    await eventually('a swipe opens', async () => {
      await swipe(60, 200)
      return (await page.locator('.side').getAttribute('data-open')) === 'true'
    })
    await swipe(300, -200)
    await page.waitForSelector('.side[data-open=false]')
    await swipe(300, -200)
    await page.waitForSelector('.people-panel[data-open=true]')
    await swipe(60, 200)
    await page.waitForSelector('.people-panel[data-open=false]')

    await page.evaluate(() => (document.documentElement.dir = 'rtl'))
    await swipe(300, -200)
    await page.waitForSelector('.side[data-open=true]')
    await page.waitForFunction(() => document.querySelector('.side')?.getAnimations().length === 0)
    const { x = 0, width = 0 } = (await page.locator('.side').boundingBox()) ?? {}
    expect([Math.round(x + width), x > 40]).toEqual([375, true])
    // A field with the focus would open the keyboard over the rooms.
    await page.click('.side-foot button')
    await page.waitForSelector('dialog [role=option]')
    expect(await page.locator('dialog:focus').count()).toBe(1)
  })
})
