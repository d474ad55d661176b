import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { aContext, aScreen, DESKTOP, isKept } from '../../support/client/aScreen.ts'
import { usePlace } from '../../support/server/aPlace.ts'
import { aTemporaryDir } from '../../support/server/aServer.ts'
import { said } from '../../support/client/aState.ts'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { everybody } from '../../support/browser/someScreens.ts'

describe.skipIf(browserFound === null)('composing', () => {
  const place = usePlace()
  const world = useBrowser()

  async function aRoom() {
    const { context, refused } = await aContext(world.browser, DESKTOP)
    const screen = await aScreen(place.origin, context, { events: [said(1)], people: everybody })
    const { page } = screen
    await page.waitForSelector('.composer [aria-label=Emoji]')
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    return { screen, page, asked, refused, end: () => context.close() }
  }

  test('[U38, U37, U36] by the keyboard: a person is mentioned, an unknown command is not sent, /help shows the list', async () => {
    const { screen, page, end } = await aRoom()
    await page.focus('textarea')
    await page.keyboard.type('hi @bo')
    await page.waitForSelector('[role=option]')
    expect(await page.locator('textarea').getAttribute('aria-activedescendant')).not.toBe(null)
    await page.keyboard.press('Enter')
    expect(await page.inputValue('textarea')).toBe('hi @Bob Kowalski ')
    await page.keyboard.type('@')
    await page.waitForSelector('[role=option]')
    await page.keyboard.press('Escape')
    await eventually('no list', async () => (await page.locator('[role=option]').count()) === 0)
    expect(await page.inputValue('textarea')).toBe('hi @Bob Kowalski @')
    await page.keyboard.press('Backspace')
    await page.keyboard.press('Enter')
    expect(await screen.next('send')).toMatchObject({ text: 'hi @Bob Kowalski ' })

    await page.keyboard.type('/constructor')
    await page.keyboard.press('Enter')
    expect(await page.locator('.foot .fault').textContent()).toContain('Unknown command /constructor')
    expect(await page.inputValue('textarea')).toBe('/constructor')
    await page.fill('textarea', '/help')
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog dl')
    await page.keyboard.press('Escape')
    await page.focus('.log')
    await page.keyboard.press('?')
    await page.waitForSelector('dialog dl')
    expect(screen.heard.filter(({ type }) => type === 'send')).toHaveLength(1)
    await end()
  })

  test('[U37, U6] /nick changes the name; one that is taken is said and stays in the field', async () => {
    const { page, end } = await aRoom()
    await page.fill('textarea', '/nick admin')
    await page.keyboard.press('Enter')
    await eventually('the reason', async () => (await page.locator('.foot .fault').textContent()) !== '')
    expect(await page.inputValue('textarea')).toBe('/nick admin')
    const command = `/nick Nick ${Date.now() % 100_000}`
    await page.fill('textarea', command)
    await eventually('the draft', () => isKept(page, command))
    await page.keyboard.press('Enter')
    await eventually('it is gone', async () => (await page.inputValue('textarea')) === '')
    await eventually('it is no draft either', async () => !(await isKept(page, command)))
    await end()
  })

  test('[U39, E31, S3] emoji come when they are first asked for: by name in the text, from the grid at the caret', async () => {
    const { page, asked, refused, end } = await aRoom()
    const data = () => asked.filter((path) => path.endsWith('.json'))
    await page.focus('textarea')
    await page.keyboard.type('yes :t')
    expect(data()).toEqual([])
    await page.keyboard.type('ada')
    await page.waitForSelector('[role=option]')
    await page.keyboard.press('Tab')
    expect(await page.inputValue('textarea')).toBe('yes 🎉 ')
    await page.click('[aria-label=Emoji]')
    await page.waitForSelector('.emoji-grid')
    await page.keyboard.type('rocket')
    await page.keyboard.press('Enter')
    expect(await page.inputValue('textarea')).toBe('yes 🎉 🚀')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')
    await page.keyboard.type(' :tada:')
    await eventually('it is exchanged', async () => (await page.inputValue('textarea')) === 'yes 🎉 🚀 🎉')
    expect(data()).toHaveLength(1)
    expect(refused).toEqual([])
    await end()
  })

  test('[U39, U26] the grid reacts to a message too, with the arrow keys', async () => {
    const { screen, page, end } = await aRoom()
    await page.locator('.message').first().click({ button: 'right' })
    await page.click('.row-menu [aria-label="React with another emoji"]')
    await page.waitForSelector('.emoji-grid')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    const emoji = await page.evaluate(() => document.activeElement?.textContent)
    await page.keyboard.press('Enter')
    expect(await screen.next('react')).toMatchObject({ target: 'id-1', emoji: emoji ?? '' })
    await end()
  })

  test('[U28] a file held over the page, or over the field, is refused; a text is not', async () => {
    const { page, end } = await aRoom()
    const { dir, remove } = aTemporaryDir()
    const file = join(dir, 'picture.png')
    await Bun.write(file, 'not read')
    await page.fill('textarea', 'half a sentence')
    // A browser without windows opens no dropped file, so it is asked what one with windows would go by.
    await page.evaluate(() => {
      window.addEventListener('dragover', (event) => {
        document.documentElement.dataset['over'] =
          `${event.dataTransfer?.dropEffect} ${event.defaultPrevented}`
      })
    })
    const session = await page.context().newCDPSession(page)
    const over = async (
      selector: string,
      data: { items: { mimeType: string; data: string }[]; files?: string[] },
    ) => {
      const { x, y, width, height } = (await page.locator(selector).boundingBox())!
      const at = { x: x + width / 2, y: y + height / 2, data: { ...data, dragOperationsMask: 1 } }
      await session.send('Input.dispatchDragEvent', { type: 'dragEnter', ...at })
      await session.send('Input.dispatchDragEvent', { type: 'dragOver', ...at })
      const said = await page.evaluate(() => document.documentElement.dataset['over'])
      await session.send('Input.dispatchDragEvent', { type: 'drop', ...at })
      return said
    }
    const before = page.url()
    expect(await over('.log', { items: [], files: [file] })).toBe('none true')
    expect(await over('textarea', { items: [], files: [file] })).toBe('none true')
    expect([page.url(), await page.inputValue('textarea')]).toEqual([before, 'half a sentence'])
    const text = { items: [{ mimeType: 'text/plain', data: ' more' }] }
    expect(await over('textarea', text)).toBe('copy false')
    expect(await page.inputValue('textarea')).toContain(' more')
    remove()
    await end()
  })

  test('[O14] what a newer version has taken away says so where it was asked for, and to reload; the draft stays', async () => {
    const { page, end } = await aRoom()
    await page.route('**/emojiChunk-*.js', (route) => route.fulfill({ status: 404 }))
    await page.fill('textarea', 'half a sentence')
    await page.click('[aria-label=Emoji]')
    await eventually('words', async () =>
      (await page.locator('.foot .fault').textContent())?.includes('Couldn’t load this'),
    )
    expect(await page.inputValue('textarea')).toBe('half a sentence')
    await end()
  })
})
