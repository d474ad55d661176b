import { describe, expect, test } from 'bun:test'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'
import { everybody } from '../../support/browser/someScreens.ts'
import { aContext, aScreen } from '../../support/client/aScreen.ts'
import { said } from '../../support/client/aState.ts'
import { eventually } from '../../support/eventually.ts'
import { usePlace } from '../../support/server/aPlace.ts'

/** Chunks that only a press needs. */
const LATER = [
  'settingsDialog',
  'roomDialogs',
  'menuChunk',
  'inviteDialog',
  'suggestions',
  'emojiChunk',
  '.json',
]

describe.skipIf(browserFound === null)('a room without a connection', () => {
  const running = useBrowser()
  const place = usePlace()

  /** Someone in a lobby with people; with `saveData` the browser asks pages to load little. */
  async function ada({ saveData = false, events = [said(1)] } = {}) {
    const { context } = await aContext(running.browser)
    if (saveData)
      await context.addInitScript(() =>
        Object.defineProperty(navigator, 'connection', { value: { saveData: true } }),
      )
    const screen = await aScreen(place.origin, context, { events, people: everybody })
    const { page } = screen
    const openMenu = () => page.getByRole('button', { name: 'Menu' }).click()
    const hasLoaded = (chunk: string) =>
      page.evaluate(
        (name) => performance.getEntriesByType('resource').some((entry) => entry.name.includes(name)),
        chunk,
      )
    return {
      ...screen,
      hasLoaded,
      banner: page.locator('.banner'),
      openMenu,
      async openSettings() {
        await openMenu()
        await page.getByText('Settings', { exact: true }).click()
      },
      /** The server is gone: no page, no chunk, no socket. */
      async lose() {
        await context.route('**/*', (route) => route.abort())
        await screen.cut()
        await page.locator('.banner[data-lost]').waitFor()
      },
      comeBack: () => context.unroute('**/*'),
    }
  }

  test('[U188] opens what a press needs, as it was fetched while there was a connection', async () => {
    const { page, hasLoaded, lose, openSettings } = await ada()
    for (const chunk of LATER) await eventually(chunk, () => hasLoaded(chunk))
    await lose()
    await openSettings()
    await page.getByRole('dialog').getByText('Theme').first().waitFor()
  })

  test('[U188] says what it could not fetch will be there again, offers no reload, and a later press works', async () => {
    const { page, hasLoaded, lose, comeBack, openMenu, openSettings } = await ada({ saveData: true })
    await lose()
    await openMenu()
    await page.getByText('Available again when you’re connected').first().waitFor()
    expect([await hasLoaded('settingsDialog'), await page.getByText('Reload').count()]).toEqual([false, 0])
    await comeBack()
    await openSettings()
    await page.getByRole('dialog').getByText('Theme').first().waitFor()
  })

  test('[U7] shows that a room is empty, not that it loads', async () => {
    const { page, lose } = await ada({ events: [] })
    const invitation = page.locator('.empty button').first()
    await invitation.waitFor()
    await lose()
    expect(await invitation.isVisible()).toBe(true)
  })

  test('[U189] keeps the focus on “Retry now”, and says that the list of people may be out of date', async () => {
    const { page, lose, banner } = await ada()
    const stale = page.getByText('may be out of date')
    expect(await stale.isVisible()).toBe(false)
    const dot = () =>
      page.evaluate(
        () => getComputedStyle(document.querySelector('.person .avatar')!, '::after').backgroundColor,
      )
    const online = await dot()
    await lose()
    await stale.waitFor()
    expect(await dot()).not.toBe(online)
    expect(await banner.locator('svg').count()).toBe(1)
    const retry = banner.getByRole('button')
    await retry.focus()
    for (let press = 0; press < 3; press += 1) {
      await page.keyboard.press('Enter')
      expect(await retry.evaluate((element) => element === document.activeElement)).toBe(true)
    }
  })
})
