import { describe, expect, test } from 'bun:test'
import { CLOSE } from '../../src/shared/errors.ts'
import { usePlace } from '../support/server/aPlace.ts'
import { aContext, aScreen, DESKTOP, PHONE, stopWriting } from '../support/client/aScreen.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/eventually.ts'
import { here, openPeople, openSettings, toLobby } from '../support/browser/someScreens.ts'
import { crowd, talk } from '../support/someTalk.ts'

describe.skipIf(browserFound === null)('screens', () => {
  const place = usePlace()
  const world = useBrowser()

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
    const toggle = page.locator('[aria-controls=sidebar]')
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
      await focusOn('[aria-controls=sidebar]')
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
    await page.click('[aria-controls=sidebar]')
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
    await page.click('text=12-hour')
    expect(await times()).toMatch(/[ap]m/i)
    await page.click('text=24-hour')
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
      [CLOSE.noSession]: 'You’re signed out',
      [CLOSE.banned]: 'You were removed',
      [CLOSE.tooMany]: 'Too many open tabs',
      [CLOSE.version]: 'A new version is available',
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

  test('[R22, U55] when a reload is offered, as to a page of a former version, all that waits is on the device', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const screen = await aScreen(place.origin, context, toLobby)
    const { page } = screen
    await stopWriting(page)
    await page.evaluate(() => {
      new MutationObserver((_, observer) => {
        if (document.querySelector('dialog') === null) return
        observer.disconnect()
        document.body.dataset.kept = Object.values(localStorage).join()
      }).observe(document.body, { childList: true, subtree: true })
    })
    await page.fill('textarea', 'not sent yet')
    await page.keyboard.press('Enter')
    await page.fill('textarea', 'half a thought')
    await screen.close(CLOSE.version)
    await page.waitForSelector('dialog[open]')
    const kept = await page.evaluate(() => document.body.dataset.kept)
    expect(kept).toContain('not sent yet')
    expect(kept).toContain('half a thought')
    await page.click('dialog button')
    await eventually(
      'the draft',
      async () => (await page.locator('textarea').inputValue()) === 'half a thought',
    )
    expect(await screen.next('send')).toMatchObject({ text: 'not sent yet' })
    await context.close()
  })

  test('[U86, U141] a room that I am no longer in says so without its rows, and its button joins again', async () => {
    const { context } = await aContext(world.browser, DESKTOP)
    const screen = await aScreen(place.origin, context, toLobby)
    await screen.next('join')
    screen.tell({ type: 'reset', room: 'lobby', reason: 'access' })
    await screen.page.waitForSelector('.page')
    expect(await screen.page.locator('h1').textContent()).toBe('You’re no longer in this room')
    expect(await screen.page.locator('.message').count()).toBe(0)
    await screen.page.getByRole('button', { name: 'Join' }).click()
    expect(await screen.next('join')).toMatchObject({ room: 'lobby', limit: 50 })
    await screen.page.waitForSelector('.message')
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
