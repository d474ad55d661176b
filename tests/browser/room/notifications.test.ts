import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { aClient } from '../../support/server/aClient.ts'
import { aContext, aSession, DESKTOP, post } from '../../support/client/aScreen.ts'
import { useTimeline } from '../../support/browser/aTimeline.ts'
import { browserFound } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'

interface Shown {
  title: string
  onclick(): void
}

/** Stands in for notifications, which a headless browser refuses; `window.shown` are those on screen. */
function fakeNotifications(): void {
  const shown: Shown[] = []
  Reflect.set(window, 'shown', shown)
  class FakeNotification {
    static get permission() {
      return localStorage.getItem('permission') ?? 'default'
    }
    static async requestPermission() {
      localStorage.setItem('permission', 'granted')
      return 'granted'
    }
    tag: string
    onclose: (() => void) | null = null
    onclick = () => {}
    constructor(
      readonly title: string,
      { tag = '' } = {},
    ) {
      this.tag = tag
      if (FakeNotification.permission === 'granted') shown.push(this)
    }
    close() {
      if (shown.includes(this)) shown.splice(shown.indexOf(this), 1)
      this.onclose?.()
    }
  }
  Reflect.set(window, 'Notification', FakeNotification)
}

describe.skipIf(browserFound === null)('notifications', () => {
  const { place, world } = useTimeline()

  test('[U76] are turned on in settings, shown by one of three tabs, lead to their message and close when it is read', async () => {
    const { context, refused } = await aContext(world.browser, DESKTOP)
    await context.addInitScript(fakeNotifications)
    await aSession(place.origin, context, 'Tess')
    await post(place.origin, context, '/api/rooms', { name: 'Kitchen' })
    const kitchen = '.side a[href="/chat/kitchen"]'
    const pages: Page[] = []
    for (let tab = 0; tab < 3; tab += 1) {
      const page = await context.newPage()
      await page.goto(`${place.origin}/chat/lobby`)
      await page.waitForSelector(kitchen)
      await page.waitForSelector('.emoji-button')
      pages.push(page)
    }
    const [first, second, third] = pages as [Page, Page, Page]
    const inAllTabs = <T>(ask: (page: Page) => Promise<T>) => Promise.all(pages.map(ask))
    const titlesIn = (page: Page) =>
      page.evaluate(() => (Reflect.get(window, 'shown') as Shown[]).map(({ title }) => title))
    const shown = async () => (await inAllTabs(titlesIn)).flat()
    const areShown = (count: number) =>
      eventually(`${count} notifications`, async () => (await shown()).length === count)

    await second.click('.head [popovertarget]')
    await second.click('text=Settings')
    await second.click('text=Turn on notifications')
    await second.waitForSelector('legend:text("Notifications") + .choice :checked')
    expect(await second.evaluate(() => (document.activeElement as HTMLInputElement).value)).toBe('on')
    await second.keyboard.press('Escape')

    const bob = await aClient(place.origin).enter('Bo')
    bob.actions.openRoom('kitchen')
    await bob.isLive('kitchen')
    bob.actions.send('kitchen', 'Tea?')
    await areShown(1)
    await inAllTabs((page) => page.waitForSelector(`${kitchen}:has-text("1 unread")`))
    expect(await shown()).toEqual(['Bo in Kitchen'])

    // Nothing is shown for the lobby, which all tabs show at its end.
    bob.actions.send('lobby', 'Hello')
    bob.actions.send('kitchen', 'Or coffee?')
    await areShown(2)
    expect(await shown()).toEqual(['Bo in Kitchen', 'Bo in Kitchen'])

    await third.click(kitchen)
    await areShown(0)

    await third.goto(place.origin)
    bob.actions.send('kitchen', 'Cake')
    await areShown(1)
    await inAllTabs((page) => page.evaluate(() => (Reflect.get(window, 'shown') as Shown[])[0]?.onclick()))
    await eventually('the message is marked', async () => {
      const marked = await inAllTabs((page) => page.locator('[data-marked] .text').allTextContents())
      return marked.flat().includes('Cake')
    })
    expect(await shown()).toEqual([])
    expect(pages.filter((page) => page.url() === `${place.origin}/chat/kitchen/3`)).toEqual([first])
    expect(refused).toEqual([])
    bob.end()
  })
})
