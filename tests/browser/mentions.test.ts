import { afterAll, describe, expect, test } from 'bun:test'
import type { Page, ViewportSize } from 'playwright-core'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { DESKTOP, say, signIn } from '../support/client/aScreen.ts'
import { eventually } from '../support/eventually.ts'
import { ensureClientBuilt } from '../support/server/aPlace.ts'
import { aServer, aTemporaryDir, freePort, type ServerProcess } from '../support/server/aServer.ts'

describe.skipIf(browserFound === null)('mentions, with two people on a real server', () => {
  const running = useBrowser()
  const data = aTemporaryDir()
  const port = String(freePort())
  const origin = `http://127.0.0.1:${port}`
  let server: ServerProcess | null = null

  /** The page of a newcomer with this name, in the lobby. */
  async function aPerson(name: string, viewport: ViewportSize = DESKTOP.viewport): Promise<Page> {
    if (server === null) {
      await ensureClientBuilt()
      server = await aServer({ DATA_DIR: data.dir, PORT: port })
      await server.ready()
    }
    const context = await running.browser.newContext({ viewport, locale: 'en-GB' })
    context.setDefaultTimeout(10_000)
    const page = await context.newPage()
    await page.goto(`${origin}/chat/lobby`)
    await signIn(page, name)
    return page
  }

  const message = (page: Page, text: string) => page.locator('.message', { hasText: text }).last()

  afterAll(async () => {
    server?.kill('SIGKILL')
    await server?.exited()
    data.remove()
  })

  test('[U173, U170, U172] a rename keeps a mention, shows the new name in it, and the new name notifies', async () => {
    const [ada, bob] = [await aPerson('Ada'), await aPerson('Bob')]
    await ada.evaluate(async () => {
      const headers = { 'content-type': 'application/json' }
      await fetch('/api/rooms', { method: 'POST', headers, body: JSON.stringify({ name: 'attic' }) })
    })
    await ada.goto(`${origin}/chat/attic`)
    const lobby = ada.locator('a[href="/chat/lobby"]').first()
    const shows = (text: string) =>
      eventually(`${text} at the lobby`, async () => (await lobby.textContent())?.includes(text))
    await lobby.waitFor()
    await say(bob, 'morning @ada')
    await shows('@1')
    await say(ada, '/nick Ada Lovelace')
    await ada.getByText('Ada Lovelace').first().waitFor()
    await shows('@1')
    await say(bob, 'again, @Ada Lovelace, and @Ada')
    await shows('@2')
    await lobby.click()
    const first = message(ada, 'morning')
    await first.locator('.mention[data-me]', { hasText: '@Ada Lovelace' }).waitFor()
    expect(await first.getAttribute('data-mention')).toBe('')
    expect(await message(ada, 'again').locator('.mention').allTextContents()).toEqual(['@Ada Lovelace'])
    await message(bob, 'morning').locator('.mention', { hasText: '@Ada Lovelace' }).click()
    await bob.getByRole('dialog', { name: 'Ada Lovelace' }).waitFor()
    await bob.keyboard.press('Escape')
    expect(await message(bob, 'morning').getAttribute('data-mention')).toBe(null)
  })

  test('[U170] a mention that takes the place of text moves nothing, also where its name breaks', async () => {
    const long = 'Grace Brewster Murray'
    const [, bob] = [await aPerson(long), await aPerson('Bo', { width: 320, height: 640 })]
    for (const words of ['see', 'please ask our', 'a question to', 'I think it was you,'])
      await say(bob, `${words} @${long}, or **him** if @${long} is away`)
    // The name comes first and decides on which side the line begins, as it did in the field.
    await say(bob, `@${long} שלום`)
    await say(bob, `@${long} שלום\n\n@${long} שלום`)
    await say(bob, `- @${long} שלום\n- **@${long}** שלום\n- [ ] @${long} שלום`)
    await say(bob, `| @${long} שלום | b |\n|---|---|\n| @${long} שלום | c |`)
    await eventually(
      'eight messages',
      async () => (await bob.locator('.mention', { hasText: long }).count()) === 16,
    )
    const [asMentions, asText] = await bob.evaluate(() => {
      const measure = () =>
        [...document.querySelectorAll('.text')].map((text) => {
          const range = document.createRange()
          range.selectNodeContents(text)
          const { left, width, height } = range.getBoundingClientRect()
          // Where the words behind a mention stand in each paragraph.
          const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT)
          const places: number[] = []
          while (walker.nextNode()) {
            const { currentNode: node } = walker
            const at = node.textContent?.indexOf('שלום') ?? -1
            if (at < 0) continue
            range.setStart(node, at)
            range.setEnd(node, at + 4)
            places.push(range.getBoundingClientRect().left)
          }
          return [left, width, height, text.clientHeight, ...places].map(Math.round)
        })
      const before = measure()
      for (const mention of document.querySelectorAll('.mention')) {
        const parent = mention.parentNode
        mention.replaceWith(mention.textContent)
        parent?.normalize()
      }
      return [before, measure()]
    })
    expect(asMentions).toEqual(asText!)
  })

  test('[U340] a list item that runs the other way keeps its sign and its box on the side of the list', async () => {
    const bob = await aPerson('Otto')
    await say(bob, '- one\n- שלום עולם\n- [ ] שלום **עולם**\n- [ ] two')
    await say(bob, '- שלום\n- [ ] one')
    await eventually('both', async () => (await bob.locator('[data-own] .text li').count()) === 6)
    const sides = await bob.evaluate(() =>
      [...document.querySelectorAll('[data-own] .text li')].map((item) => {
        const box = item.querySelector('input')?.getBoundingClientRect()
        const words = item.querySelector('span')!.getBoundingClientRect()
        const list = item.closest('ul')!.matches(':dir(rtl)') ? 'right' : 'left'
        const gap = box && (box.left < words.left ? words.left - box.right : box.left - words.right)
        const side = box && (box.left < words.left ? 'left' : 'right')
        return [list, side ?? '', gap === undefined || gap >= 4]
      }),
    )
    expect(sides).toEqual([
      ['left', '', true],
      ['left', '', true],
      ['left', 'left', true],
      ['left', 'left', true],
      ['right', '', true],
      ['right', 'right', true],
    ])
  })
})
