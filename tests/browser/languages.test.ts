import { describe, expect, test } from 'bun:test'
import { words as de } from '../../src/client/words/de.ts'
import { en } from '../support/client/english.ts'
import { aContext, aSession, DESKTOP, hasDraft, PHONE } from '../support/client/aScreen.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/eventually.ts'
import { usePlace } from '../support/server/aPlace.ts'

const SMALL = { width: 320, height: 640 }

describe.skipIf(browserFound === null)('languages', () => {
  const world = useBrowser()
  const place = usePlace()

  const aBrowser = async (locale: string) =>
    (await aContext(world.browser, { ...DESKTOP, locale, timezoneId: 'UTC' })).context

  test('[U251] a browser that prefers German gets a German page, from its first drawing on', async () => {
    const page = await (await aBrowser('de-AT')).newPage()
    await page.addInitScript(() => {
      const seen = new Set<string>()
      const look = () => seen.add(document.querySelector('label')?.textContent ?? '')
      new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true })
      Object.assign(window, { seen })
    })
    await page.goto(place.origin)
    await page.getByLabel(de.session.yourName).waitFor()
    expect(await page.evaluate(() => [...Reflect.get(window, 'seen')])).toEqual(['', de.session.yourName])
    expect(await page.locator('html').getAttribute('lang')).toBe('de-AT')
    expect(await page.locator('html').getAttribute('dir')).toBe('ltr')
  })

  test('[U251] if its words do not load, the page is in English', async () => {
    const page = await (await aBrowser('de-DE')).newPage()
    await page.route('**/assets/de-*.js', (route) => route.abort())
    await page.goto(place.origin)
    await page.getByLabel(en.session.yourName).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toStartWith('en')
  })

  test('[U252] a language chosen in settings changes all tabs at once, and keeps drafts; if it does not load, nothing changes', async () => {
    const context = await aBrowser('en-GB')
    await aSession(place.origin, context, 'Ada')
    const [page, other] = [await context.newPage(), await context.newPage()]
    for (const tab of [page, other]) {
      await tab.goto(`${place.origin}/chat/lobby`)
      await tab.getByLabel(en.composer.placeholder('lobby')).waitFor()
      await tab.evaluate(() => Object.assign(window, { sameDocument: true }))
    }
    await page.locator('textarea').fill('half a thought')
    await page.getByLabel(en.rooms.menu.title).click()
    await page.getByText(en.common.settings).click()
    const choice = page.getByLabel(en.settings.language.title)
    await page.route('**/assets/de-*.js', (route) => route.abort())
    await choice.selectOption('de')
    await page.getByRole('alert').filter({ hasText: en.common.notLoaded }).waitFor()
    expect(await choice.inputValue()).toBe('system')
    await page.unroute('**/assets/de-*.js')
    await choice.selectOption('de')
    const dialog = page.getByRole('dialog', { name: de.common.settings })
    await dialog.getByText(de.settings.theme.title).waitFor()
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('SELECT')
    await other.getByLabel(de.composer.placeholder('lobby')).waitFor()
    await dialog.getByRole('button', { name: de.common.done }).click()
    await page.getByLabel(de.composer.placeholder('lobby')).waitFor()
    await hasDraft(page, 'half a thought')
    for (const tab of [page, other]) {
      expect(await tab.evaluate(() => 'sameDocument' in window)).toBe(true)
      expect(await tab.locator('html').getAttribute('lang')).toStartWith('de')
    }
    await page.reload()
    await page.getByLabel(de.composer.placeholder('lobby')).waitFor()
    await page.keyboard.type('!')
    await eventually(
      'the draft',
      async () => (await page.locator('textarea').inputValue()) === 'half a thought!',
    )
  })

  test('[U251, A12] at 320 px no German word is cut off', async () => {
    const { context } = await aContext(world.browser, { ...PHONE, viewport: SMALL, locale: 'de-DE' })
    await aSession(place.origin, context, 'Wilhelmine')
    const page = await context.newPage()
    const isFitting = async (what: string) => expect([what, await page.evaluate(cutOff)]).toEqual([what, []])
    await page.goto(place.origin)
    await page.getByRole('button', { name: de.session.useAnotherName }).click()
    await page.getByRole('dialog').waitFor()
    await isFitting('the question')
    await page.goto(`${place.origin}/chat/lobby`)
    await page.getByLabel(de.composer.placeholder('lobby')).waitFor()
    await isFitting('the room')
    for (const entry of [de.common.settings, de.help]) {
      await page.getByLabel(de.rooms.menu.title).click()
      await isFitting('the menu')
      await page.locator('.menu').getByText(entry).click()
      await page.getByRole('dialog', { name: entry }).waitFor()
      await isFitting(entry)
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
  })
})

/** In the page: texts of visible elements whose content is wider than they are. */
function cutOff(): string[] {
  return [...document.querySelectorAll('body *')]
    .filter((element) => {
      const isRead = !element.closest('.skip, .sr-only, [aria-hidden], [inert]') && element.checkVisibility()
      return isRead && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1
    })
    .map((element) => `${element.className}: ${element.textContent}`)
}
