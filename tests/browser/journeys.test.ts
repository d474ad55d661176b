import { afterAll, afterEach, describe, expect, test } from 'bun:test'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { DESKTOP, isKept, PHONE } from '../support/client/aScreen.ts'
import { aServer, aTemporaryDir, freePort, type ServerProcess } from '../support/server/aServer.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/eventually.ts'
import { theClient } from '../support/client/theClient.ts'

describe.skipIf(browserFound === null)('two people in real browsers, on a real server', () => {
  const running = useBrowser()
  const data = aTemporaryDir()
  const port = String(freePort())
  const origin = `http://127.0.0.1:${port}`
  let server: ServerProcess | null = null
  let contexts: BrowserContext[] = []
  let people = 0

  /** The server on the one directory and port of all these journeys; not twice. */
  async function started(): Promise<ServerProcess> {
    if (server !== null) return server
    await theClient()
    server = await aServer({ DATA_DIR: data.dir, PORT: port })
    await server.ready()
    return server
  }

  async function killed(): Promise<void> {
    server?.kill('SIGKILL')
    await server?.exited()
    server = null
  }

  /** A browser of its own for somebody, at an address, with nobody signed in. */
  async function aPage(path = '/', as: BrowserContextOptions = DESKTOP): Promise<Page> {
    await started()
    const context = await running.browser.newContext(as)
    context.setDefaultTimeout(10_000)
    contexts.push(context)
    const page = await context.newPage()
    await page.goto(origin + path)
    return page
  }

  /** Somebody new, in a room, by what a person does. */
  async function somebody(
    room = 'lobby',
    as: BrowserContextOptions = DESKTOP,
  ): Promise<{ page: Page; name: string }> {
    const page = await aPage(`/chat/${room}`, as)
    people += 1
    const name = `Person ${people}`
    await page.getByLabel('Your name').fill(name)
    await page.keyboard.press('Enter')
    await page.getByLabel(`Message ${room}`).waitFor()
    return { page, name }
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.locator('textarea').fill(text)
    await page.keyboard.press('Control+Enter')
  }

  const shown = (page: Page) => page.locator('.message .text').allTextContents()

  /** Waits until these texts, and each of them once, end the list in this order. */
  async function shows(page: Page, texts: readonly string[], ms = 15_000): Promise<void> {
    await eventually(
      `the texts ${texts.join(', ')}`,
      async () => {
        const all = (await shown(page)).filter((text) => texts.includes(text))
        return all.join('\n') === texts.join('\n')
      },
      ms,
    )
  }

  const nothingWaits = (page: Page) =>
    eventually(
      'every message acknowledged',
      async () =>
        (await page.locator('.message[data-status=sent], .message[data-status=queued]').count()) === 0,
    )

  afterEach(async () => {
    for (const context of contexts) await context.close()
    contexts = []
  })
  afterAll(async () => {
    await killed()
    data.remove()
  })

  test('[B1, U1] a cold page, a name, Enter, a text, Enter: both people read both, each once', async () => {
    const ada = await aPage()
    await ada.getByLabel('Your name').waitFor()
    await ada.keyboard.type('Ada', { delay: 30 })
    await ada.keyboard.press('Enter')
    await ada.waitForURL(`${origin}/chat/lobby`)
    const bob = await somebody()
    await say(ada, 'Is anybody here?')
    await shows(bob.page, ['Is anybody here?'])
    await say(bob.page, 'I am!')
    await shows(ada, ['Is anybody here?', 'I am!'])
    await shows(bob.page, ['Is anybody here?', 'I am!'])
  })

  test('[B5, B6] who comes is on every screen with a quiet line, and who signs out is gone from it', async () => {
    const ada = await somebody()
    const bob = await somebody()
    const people_ = ada.page.getByRole('complementary')
    await people_.getByText(bob.name).waitFor()
    await ada.page.getByText(`${bob.name} came online`).waitFor()
    await bob.page.getByRole('button', { name: /menu|more/i }).click()
    await bob.page
      .getByRole('button', { name: /sign out/i })
      .or(bob.page.getByRole('menuitem', { name: /sign out/i }))
      .first()
      .click()
    await eventually('Bob to be gone', async () => (await people_.getByText(bob.name).count()) === 0)
  })

  test('[B10, U5, U34] a reload keeps who I am, where I was and what I was writing, and nobody is told', async () => {
    const ada = await somebody()
    const bob = await somebody()
    await say(ada.page, 'before the reload')
    await shows(bob.page, ['before the reload'])
    await ada.page.locator('textarea').fill('half a thou')
    await eventually('the draft to be stored', () => isKept(ada.page, 'half a thou'))
    await ada.page.reload()
    await eventually(
      'the draft',
      async () => (await ada.page.locator('textarea').inputValue()) === 'half a thou',
    )
    expect(new URL(ada.page.url()).pathname).toBe('/chat/lobby')
    await shows(ada.page, ['before the reload'])
    await say(ada.page, 'after it')
    await shows(bob.page, ['before the reload', 'after it'])
    expect(await bob.page.getByText(`${ada.name} went offline`).count()).toBe(0)
    expect(await bob.page.locator('.message', { hasText: 'after it' }).getAttribute('aria-label')).toContain(
      ada.name,
    )
  })

  test('[C43, U52] the server is killed between two messages: both people have both, once, in order', async () => {
    const ada = await somebody()
    const bob = await somebody()
    await say(ada.page, 'before the crash')
    await shows(bob.page, ['before the crash'])
    await killed()
    await say(ada.page, 'while it was away')
    await say(bob.page, 'and I wrote too')
    await started()
    for (const { page } of [ada, bob])
      await eventually(
        'both messages',
        async () => {
          const texts = await shown(page)
          return ['before the crash', 'while it was away', 'and I wrote too'].every(
            (text) => texts.filter((one) => one === text).length === 1,
          )
        },
        30_000,
      )
    expect((await shown(ada.page)).slice(-3)).toEqual((await shown(bob.page)).slice(-3))
    await nothingWaits(ada.page)
  }, 60_000)

  test('[U47] offline, three messages written, the page reloaded, online again: they arrive once and in order', async () => {
    const ada = await somebody()
    const bob = await somebody()
    const texts = ['first in the tunnel', 'second in the tunnel', 'third in the tunnel']
    await ada.page.context().setOffline(true)
    for (const text of texts) await say(ada.page, text)
    await shows(ada.page, texts)
    expect(await bob.page.getByText('in the tunnel').count()).toBe(0)
    await ada.page.context().setOffline(false)
    await shows(bob.page, texts, 30_000)
    await nothingWaits(ada.page)
    await ada.page.reload()
    await shows(ada.page, texts)
  }, 60_000)

  test('[B8, V13] a phone opens the people over the room, and closes them by Escape and by Back', async () => {
    const ada = await somebody('lobby', PHONE)
    const button = ada.page.getByRole('button', { name: /online/ })
    for (const close of [() => ada.page.keyboard.press('Escape'), () => ada.page.goBack()]) {
      await button.click()
      const drawer = ada.page.getByRole('dialog')
      await drawer.getByText(ada.name).waitFor()
      await close()
      await drawer.waitFor({ state: 'hidden' })
      expect(new URL(ada.page.url()).pathname).toBe('/chat/lobby')
    }
  })

  test('[U4, B7] the link of a room asks a stranger for a name and then opens that room, having asked for nothing of it', async () => {
    const maker = await somebody()
    const made = await maker.page.evaluate(async () => {
      const answer = await fetch('/api/rooms', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Kitchen table' }),
      })
      return answer.status
    })
    expect(made).toBe(201)
    await started()
    const context = await running.browser.newContext(DESKTOP)
    contexts.push(context)
    const page = await context.newPage()
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    page.on('websocket', () => asked.push('/ws'))
    await page.goto(`${origin}/chat/kitchen-table`)
    await page.getByRole('button', { name: 'Join kitchen-table' }).waitFor()
    expect(asked.filter((path) => path.includes('kitchen-table') && path !== '/chat/kitchen-table')).toEqual(
      [],
    )
    expect(asked).not.toContain('/ws')
    await page.getByLabel('Your name').fill('Cook')
    await page.keyboard.press('Enter')
    await page.locator('textarea').waitFor()
    expect(new URL(page.url()).pathname).toBe('/chat/kitchen-table')
  })

  test('[S3, O5] a whole conversation asks nothing of another place and does nothing that the policy refuses', async () => {
    const page = await aPage()
    const told: string[] = []
    const asked: string[] = []
    page.on('console', (message) => told.push(message.text()))
    page.on('pageerror', (error) => told.push(error.message))
    page.on('request', (request) => asked.push(new URL(request.url()).origin))
    await page.reload()
    await page.getByLabel('Your name').fill('Somebody <b>bold</b>')
    await page.keyboard.press('Enter')
    await page.locator('textarea').waitFor()
    await say(page, '<img src=x onerror=alert(1)> javascript:alert(1)')
    await shows(page, ['<img src=x onerror=alert(1)> javascript:alert(1)'])
    expect(told.filter((text) => /policy|refused|violat/i.test(text))).toEqual([])
    expect(new Set(asked)).toEqual(new Set([origin]))
    expect(await page.locator('.log img, .log b').count()).toBe(0)
  })
})
