import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { aClient } from '../../support/server/aClient.ts'
import { usePlace } from '../../support/server/aPlace.ts'
import { aContext, DESKTOP } from '../../support/client/aScreen.ts'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'

interface Shown {
  title: string
  tag: string
  onclick(): void
}

/** A browser without a desk shows no notifications and refuses the leave: this stands in for what it lacks. */
function aDesk(): void {
  const shown: Shown[] = []
  Reflect.set(window, 'shown', shown)
  class Note {
    static get permission() {
      return localStorage.getItem('leave') ?? 'default'
    }
    static async requestPermission() {
      localStorage.setItem('leave', 'granted')
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
      if (Note.permission === 'granted') shown.push(this)
    }
    close() {
      if (shown.includes(this)) shown.splice(shown.indexOf(this), 1)
      this.onclose?.()
    }
  }
  Reflect.set(window, 'Notification', Note)
}

describe.skipIf(browserFound === null)('notifications', () => {
  const place = usePlace()
  const world = useBrowser()

  test('[U76] asked for by the button in settings; of three tabs one tells, a click leads there, and read in another it goes', async () => {
    const { context, refused } = await aContext(world.browser, DESKTOP)
    await context.addInitScript(aDesk)
    const headers = { origin: place.origin }
    const ask = (path: string, name: string) =>
      context.request.post(place.origin + path, { data: { name }, headers })
    await ask('/api/session', 'Tess')
    await ask('/api/rooms', 'Kitchen')
    const pages: Page[] = []
    for (let tab = 0; tab < 3; tab += 1) {
      const page = await context.newPage()
      await page.goto(`${place.origin}/chat/lobby`)
      await page.waitForSelector('.side a[href="/chat/kitchen"]')
      await page.waitForSelector('.emoji-button')
      pages.push(page)
    }
    const [one, two, three] = pages as [Page, Page, Page]
    const shown = async () =>
      (
        await Promise.all(
          pages.map((page) =>
            page.evaluate(() => (Reflect.get(window, 'shown') as Shown[]).map(({ title }) => title)),
          ),
        )
      ).flat()
    const unread = (room: string) =>
      Promise.all(
        pages.map((page) => page.locator(`.side a[href="/chat/${room}"]`).getAttribute('aria-label')),
      )

    await two.click('.head [popovertarget]')
    await two.click('text=Settings')
    await two.click('text=Turn on notifications')
    await two.waitForSelector('legend:text("Notifications") + .choice :checked')
    expect(await two.evaluate(() => (document.activeElement as HTMLInputElement).value)).toBe('on')
    await two.keyboard.press('Escape')

    const bob = await aClient(place.origin).enter('Bo')
    bob.actions.openRoom('kitchen')
    await bob.isLive('kitchen')
    bob.actions.send('kitchen', 'Tea?')
    await eventually('it is told', async () => (await shown()).length > 0)
    await eventually('all know', async () =>
      (await unread('kitchen')).every((label) => label?.includes('1 unread')),
    )
    expect(await shown()).toEqual(['Bo in Kitchen'])

    // All three look at the lobby, at its end.
    bob.actions.send('lobby', 'Hello')
    bob.actions.send('kitchen', 'Or coffee?')
    await eventually('the next one is told', async () => (await shown()).length > 1)
    expect(await shown()).toEqual(['Bo in Kitchen', 'Bo in Kitchen'])

    await three.click('.side a[href="/chat/kitchen"]')
    await eventually('read, they go', async () => (await shown()).length === 0)

    await three.goto(place.origin)
    bob.actions.send('kitchen', 'Cake')
    await eventually('it is told', async () => (await shown()).length === 1)
    for (const page of pages)
      await page.evaluate(() => (Reflect.get(window, 'shown') as Shown[])[0]?.onclick())
    await eventually('there', async () =>
      (await Promise.all(pages.map((page) => page.locator('[data-marked] .text').allTextContents())))
        .flat()
        .includes('Cake'),
    )
    expect(await shown()).toEqual([])
    expect(pages.filter((page) => page.url() === `${place.origin}/chat/kitchen/3`)).toEqual([one])
    expect(refused).toEqual([])
    bob.end()
    await context.close()
  })
})
