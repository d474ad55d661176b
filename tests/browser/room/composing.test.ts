import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { isKept, PHONE, textsOn } from '../../support/client/aScreen.ts'
import { bob, event, said } from '../../support/client/aState.ts'
import { aTemporaryDir } from '../../support/server/aServer.ts'
import { useTimeline } from '../../support/browser/aTimeline.ts'
import { browserFound } from '../../support/browser/browser.ts'
import { everybody } from '../../support/browser/someScreens.ts'
import { eventually } from '../../support/eventually.ts'

describe.skipIf(browserFound === null)('the composer', () => {
  const { aRoom } = useTimeline()

  async function aComposer(device?: Parameters<typeof aRoom>[1]) {
    const room = await aRoom({ events: [said(1)], people: everybody }, device)
    const { page } = room
    await page.waitForSelector('.composer [aria-label=Emoji]')
    const field = page.locator('textarea')
    const holds = (text: string) =>
      eventually(`“${text}” in the composer`, async () => (await field.inputValue()) === text)
    const suggests = (isOpen: boolean) =>
      page.waitForSelector('[role=option]', { state: isOpen ? 'visible' : 'detached' })
    const fault = page.locator('.foot .fault')
    return { ...room, field, holds, suggests, fault }
  }

  test('[U38, U37, U36] suggests people and lists its commands by the keyboard, and sends no unknown command', async () => {
    const { screen, page, field, holds, suggests, fault } = await aComposer()
    await field.focus()
    await page.keyboard.type('hi @bo')
    await suggests(true)
    expect(await field.getAttribute('aria-activedescendant')).not.toBe(null)
    await page.keyboard.press('Enter')
    await holds('hi @Bob Kowalski ')
    await page.keyboard.type('@')
    await suggests(true)
    await page.keyboard.press('Escape')
    await suggests(false)
    await holds('hi @Bob Kowalski @')
    await page.keyboard.press('Backspace')
    await page.keyboard.press('Enter')
    expect(await screen.next('send')).toMatchObject({ text: 'hi @Bob Kowalski ' })

    await page.keyboard.type('/constructor')
    await page.keyboard.press('Enter')
    expect(await fault.textContent()).toContain('Unknown command /constructor')
    await holds('/constructor')
    await field.fill('/help')
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog dl')
    await page.keyboard.press('Escape')
    await page.focus('.log')
    await page.keyboard.press('?')
    await page.waitForSelector('dialog dl')
    expect(screen.heard.filter(({ type }) => type === 'send')).toHaveLength(1)
  })

  test('[U37, U6] changes the name by /nick; a name that is taken is explained, and the command stays', async () => {
    const { page, field, holds, fault } = await aComposer()
    await field.fill('/nick admin')
    await page.keyboard.press('Enter')
    await eventually('the reason', async () => (await fault.textContent()) !== '')
    await holds('/nick admin')
    const command = `/nick Nick ${Date.now() % 100_000}`
    await field.fill(command)
    await eventually('the draft', () => isKept(page, command))
    await page.keyboard.press('Enter')
    await holds('')
    await eventually('no draft', async () => !(await isKept(page, command)))
  })

  test('[U39, E31, S3] loads emoji when they are first needed: by short name, and from the picker at the caret', async () => {
    const { page, field, holds, suggests, refused } = await aComposer()
    // Otherwise the page fetches them beforehand, two seconds after the connect (U188).
    await page.addInitScript(() =>
      Object.defineProperty(navigator, 'connection', { value: { saveData: true } }),
    )
    await page.reload()
    await field.waitFor()
    const loaded: string[] = []
    page.on('request', (request) => request.url().endsWith('.json') && loaded.push(request.url()))
    await field.focus()
    await page.keyboard.type('yes :t')
    expect(loaded).toEqual([])
    await page.keyboard.type('ada')
    await suggests(true)
    await page.keyboard.press('Tab')
    await holds('yes 🎉 ')
    await page.click('[aria-label=Emoji]')
    await page.waitForSelector('.emoji-grid')
    await page.keyboard.type('rocket')
    await page.keyboard.press('Enter')
    await holds('yes 🎉 🚀')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')
    await page.keyboard.type(' :tada:')
    await holds('yes 🎉 🚀 🎉')
    expect(loaded).toHaveLength(1)
    expect(refused).toEqual([])
  })

  test('[U237] sends what was typed, unless the typed letters begin the suggested name or one was chosen', async () => {
    const { page, field, suggests } = await aComposer()
    const sends = async (keys: string[], text: string) => {
      await page.keyboard.press('Enter')
      for (const key of keys) await page.keyboard.press(key)
      if (keys.length > 0) await page.keyboard.press('Enter')
      await eventually(`“${text}” sent`, async () => (await textsOn(page)).at(-1)?.trim() === text)
    }
    await field.focus()
    await page.keyboard.type(':tad')
    await suggests(true)
    await page.keyboard.press('Escape')
    await field.fill('')
    for (const text of ['lol :DD', 'lol :dd', ':P', ':3', ':x', ':)', 'no /s', 'at @']) {
      await page.keyboard.type(text)
      await sends([], text)
    }
    await suggests(false)
    await page.keyboard.type('@k')
    await sends(['End'], '@Bob Kowalski')
    await page.keyboard.type(':tad')
    await suggests(true)
    await sends(['End'], '🎉')
    await page.keyboard.type(':DD')
    await suggests(true)
    await page.keyboard.press('ArrowDown')
    const chosen = (await page.locator('[aria-selected=true]').textContent()) ?? ''
    await sends(['End'], `${chosen.split(' ')[0]}`)
  })

  test('[U238] Ctrl+Z gives back what was typed before an exchange, a suggestion or a mark', async () => {
    const { page, field, holds, suggests } = await aComposer()
    const undoneTo = async (text: string) => {
      await page.keyboard.press('Control+z')
      await holds(text)
    }
    await field.focus()
    await page.keyboard.type('hi :tad')
    await suggests(true)
    await page.keyboard.type('a:')
    await holds('hi 🎉')
    await undoneTo('hi :tada:')
    await page.keyboard.type(' :rocke')
    await suggests(true)
    await page.keyboard.press('Tab')
    await holds('hi :tada: 🚀 ')
    await undoneTo('hi :tada: :rocke')
    await page.keyboard.press('Control+a')
    await page.keyboard.press('Control+b')
    await holds('**hi :tada: :rocke**')
    await undoneTo('hi :tada: :rocke')
  })

  test('[U239] a pasted text keeps its short names', async () => {
    const { page, field, holds, suggests } = await aComposer()
    await field.focus()
    await page.keyboard.type(':tad')
    await suggests(true)
    await page.keyboard.press('Tab')
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.evaluate(() => navigator.clipboard.writeText(':tada:'))
    await page.keyboard.press('Control+v')
    await page.keyboard.type(' x')
    await holds('🎉 :tada: x')
  })

  test('[U241] shows nothing of a message that was deleted while I reply to it', async () => {
    const { screen, page, field } = await aComposer()
    await page.locator('.message').first().focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Reply' }).click()
    const strip = page.locator('.foot')
    await eventually('the reply', async () => (await strip.textContent())?.includes('text 1'))
    await field.fill('I see')
    const change = { at: Date.now(), user: bob, target: 'id-1', kind: 'delete', by: 'author' } as const
    screen.tell(event({ ...change, seq: 2, id: 'id-2', nonce: 'nonce-2' }))
    await eventually('deleted', async () => (await strip.textContent())?.includes('The message was deleted'))
    expect(await strip.textContent()).not.toContain('text 1')
    await page.click('[aria-label="Cancel reply"]')
    expect(await field.inputValue()).toBe('I see')
  })

  test('[U245, U241] replies to the words of a message without its marks, and a confirmation replaces an old fault', async () => {
    const { screen, page, field, fault } = await aComposer()
    screen.tell(event(said(2, { text: '**very** _nice_ `code`' })))
    await page.locator('.message').nth(1).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Reply' }).click()
    const strip = page.locator('.foot')
    await eventually('the reply', async () => (await strip.textContent())?.includes('Bob: very nice code'))
    await field.fill('/nope')
    await page.keyboard.press('Enter')
    expect(await fault.textContent()).toContain('Unknown command')
    await page.locator('.message').nth(1).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Copy link' }).click()
    await eventually('copied', async () => (await page.locator('.toast').textContent()) === 'Link copied')
    expect(await fault.textContent()).toBe('')
    const [line, foot] = [await page.locator('.toast').boundingBox(), await strip.boundingBox()]
    expect(line!.y + line!.height).toBeLessThanOrEqual(foot!.y)
    expect(await field.inputValue()).toBe('/nope')
  })

  test('[U244] names the marks while something is written, and moves nothing', async () => {
    const { page, field } = await aComposer()
    const hint = page.locator('.format-hint')
    const before = await field.boundingBox()
    expect(await hint.isVisible()).toBe(false)
    await field.fill('a')
    expect(await hint.isVisible()).toBe(true)
    expect(await field.boundingBox()).toEqual(before)
    await page.focus('.log')
    expect(await hint.isVisible()).toBe(false)
  })

  test('[A10] gets what is typed right after Escape has closed the switcher', async () => {
    const { page, field, holds } = await aComposer()
    await field.focus()
    await page.keyboard.type('before, after')
    for (let letter = 0; letter < ', after'.length; letter += 1) await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('Control+k')
    await page.waitForSelector('dialog[open]')
    await page.keyboard.press('Escape')
    await page.keyboard.type(', at once')
    await holds('before, at once, after')
    expect(await page.locator('dialog').count()).toBe(0)
  })

  test('[U39, U26] has a picker that reacts to messages, too, by the arrow keys', async () => {
    const { screen, page } = await aComposer()
    await page.locator('.message').first().click({ button: 'right' })
    await page.click('.row-menu [aria-label="React with another emoji"]')
    await page.waitForSelector('.emoji-grid')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    const emoji = (await page.evaluate(() => document.activeElement?.textContent)) ?? ''
    await page.keyboard.press('Enter')
    expect(await screen.next('react')).toMatchObject({ target: 'id-1', emoji })
  })

  test('[U28, U245] refuses a dropped or pasted file in words, but takes a dropped text', async () => {
    const { page, field, holds } = await aComposer()
    const { dir, remove } = aTemporaryDir()
    const file = join(dir, 'picture.png')
    await Bun.write(file, 'not read')
    await field.fill('half a sentence')
    const before = page.url()
    // A headless browser opens no dropped file, so the test looks at what the page says about the drop.
    await page.evaluate(() =>
      window.addEventListener('dragover', ({ dataTransfer, defaultPrevented }) => {
        document.documentElement.dataset['over'] = `${dataTransfer?.dropEffect} ${defaultPrevented}`
      }),
    )
    const session = await page.context().newCDPSession(page)
    async function drop(selector: string, data: { items: object[]; files?: string[] }) {
      const { x, y, width, height } = (await page.locator(selector).boundingBox())!
      const at = { x: x + width / 2, y: y + height / 2, data: { ...data, dragOperationsMask: 1 } as never }
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
        await session.send('Input.dispatchDragEvent', { type, ...at })
      return await page.evaluate(() => document.documentElement.dataset['over'])
    }
    expect(await drop('.log', { items: [], files: [file] })).toBe('none true')
    const saysNo = () =>
      eventually('a reason', async () =>
        (await page.locator('.toast').textContent())?.includes('Files can’t'),
      )
    await saysNo()
    await page.locator('.toast').evaluate((line) => line.remove())
    await page.locator('textarea').evaluate((textarea) => {
      const clipboardData = new DataTransfer()
      clipboardData.items.add(new File(['not read'], 'picture.png', { type: 'image/png' }))
      textarea.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    })
    await saysNo()
    expect(await drop('textarea', { items: [], files: [file] })).toBe('none true')
    await holds('half a sentence')
    expect(page.url()).toBe(before)
    expect(await drop('textarea', { items: [{ mimeType: 'text/plain', data: ' more' }] })).toBe('copy false')
    expect(await field.inputValue()).toContain(' more')
    remove()
  })

  test('[U302] says at its own side who is typing, whatever the direction of their name', async () => {
    const { screen, page } = await aComposer()
    const noa = { id: 'noa', name: 'נועה' }
    screen.tell({ type: 'typing', room: 'lobby', user: noa, on: true })
    const line = page.getByText('\u2068נועה\u2069 is typing')
    await line.waitFor()
    const sides = await line.evaluate((element) => {
      const range = document.createRange()
      range.selectNodeContents(element)
      return [range.getBoundingClientRect().left, element.getBoundingClientRect().left].map(Math.round)
    })
    expect(sides[0]).toBe(sides[1]!)
  })

  test('[U322] suggests as many as the window has room for, so that no list scrolls', async () => {
    const { page, field, suggests } = await aComposer({ ...PHONE, viewport: { width: 320, height: 640 } })
    await field.focus()
    await page.keyboard.type('@')
    await suggests(true)
    const list = page.locator('.suggest')
    const shown = () =>
      list.evaluate((box) => {
        const { top, bottom } = box.getBoundingClientRect()
        const rows = Array.from(box.children, (row) => row.getBoundingClientRect())
        const isWhole = rows.every((row) => row.top >= Math.max(top, 0) && row.bottom <= bottom)
        return { isWhole: isWhole && box.scrollHeight <= box.clientHeight, count: rows.length }
      })
    const all = await shown()
    expect(all).toEqual({ isWhole: true, count: 8 })
    for (const height of [256, 340]) {
      await page.setViewportSize({ width: 320, height })
      await eventually('fewer', async () => (await shown()).isWhole)
      expect((await shown()).count).toBeWithin(3, all.count)
      expect(await page.locator('[role=option]').first().textContent()).toBe('Ada')
    }
    await page.setViewportSize({ width: 320, height: 640 })
    await eventually('all again', async () => (await shown()).count === all.count)
  })

  test('[U320] lists on touch what fingers do, with the keys folded below; beside a mouse the keys', async () => {
    for (const [device, first, isFolded] of [
      [PHONE, 'Hold a message', true],
      [undefined, 'Enter', false],
    ] as const) {
      const { page, field } = await aComposer(device)
      await field.fill('/help')
      await page.click('.send')
      const dialog = page.locator('dialog')
      expect(await dialog.locator('dt').first().textContent()).toBe(first)
      expect(await dialog.getByText('Shift+Enter').isVisible()).toBe(!isFolded)
      if (!isFolded) continue
      await dialog.getByText('With a keyboard').tap()
      await dialog.getByText('Shift+Enter').waitFor()
    }
  })

  test('[O14] says that a chunk of an older version is gone, and keeps the draft', async () => {
    const { page, field, holds, fault } = await aComposer()
    await page.route('**/emojiChunk-*.js', (route) => route.fulfill({ status: 404 }))
    await field.fill('half a sentence')
    await page.click('[aria-label=Emoji]')
    await eventually('the reason', async () => (await fault.textContent())?.includes('Couldn’t load this'))
    await holds('half a sentence')
  })
})
