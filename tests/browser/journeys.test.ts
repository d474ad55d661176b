import { afterAll, describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { acknowledged, DESKTOP, hasDraft, isKept, say, signIn, textsOn } from '../support/client/aScreen.ts'
import { aServer, aTemporaryDir, freePort, type ServerProcess } from '../support/server/aServer.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/eventually.ts'
import { ensureClientBuilt } from '../support/server/aPlace.ts'

describe.skipIf(browserFound === null)('two people in real browsers, on a real server', () => {
  const running = useBrowser()
  const data = aTemporaryDir()
  const port = String(freePort())
  const origin = `http://127.0.0.1:${port}`
  let server: ServerProcess | null = null
  let people = 0

  /** Starts the server of all these journeys, unless it runs. */
  async function start(): Promise<void> {
    if (server !== null) return
    await ensureClientBuilt()
    server = await aServer({ DATA_DIR: data.dir, PORT: port })
    await server.ready()
  }

  async function kill(): Promise<void> {
    server?.kill('SIGKILL')
    await server?.exited()
    server = null
  }

  /** A page in a browser profile of its own, signed in as nobody. */
  async function aPage(path = '/'): Promise<Page> {
    await start()
    const context = await running.browser.newContext(DESKTOP)
    context.setDefaultTimeout(10_000)
    const page = await context.newPage()
    await page.goto(origin + path)
    return page
  }

  async function aPerson(): Promise<{ page: Page; name: string }> {
    const page = await aPage('/chat/lobby')
    people += 1
    const name = `Person ${people}`
    await signIn(page, name)
    return { page, name }
  }

  /** Waits until the page shows each of these texts once, in this order. */
  const shows = (page: Page, texts: readonly string[]) =>
    eventually(
      texts.join(', '),
      async () =>
        (await textsOn(page)).filter((text) => texts.includes(text)).join('\n') === texts.join('\n'),
      30_000,
    )

  afterAll(async () => {
    await kill()
    data.remove()
  })

  test('[B1, U1] from a cold page a name and Enter lead into the lobby, and two people read each other once', async () => {
    const ada = await aPage()
    await ada.getByLabel('Your name').waitFor()
    await ada.keyboard.type('Ada', { delay: 30 })
    await ada.keyboard.press('Enter')
    await ada.waitForURL(`${origin}/chat/lobby`)
    const bob = await aPerson()
    await say(ada, 'Is anybody here?')
    await shows(bob.page, ['Is anybody here?'])
    await say(bob.page, 'I am!')
    for (const page of [ada, bob.page]) await shows(page, ['Is anybody here?', 'I am!'])
  })

  test('[B5, B6] a newcomer appears on every screen with a quiet line, and disappears after signing out', async () => {
    const ada = await aPerson()
    const bob = await aPerson()
    const sidebar = ada.page.getByRole('complementary')
    await sidebar.getByText(bob.name).waitFor()
    await ada.page.getByText(`${bob.name} came online`).waitFor()
    await bob.page.getByRole('button', { name: 'Menu' }).click()
    await bob.page.getByText('Sign out').click()
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
    await eventually('Bob to be gone', async () => (await sidebar.getByText(bob.name).count()) === 0)
  })

  test('[B10, U5, U34] a reload keeps the session, the room and the draft, and nobody else notices it', async () => {
    const ada = await aPerson()
    const bob = await aPerson()
    await say(ada.page, 'before the reload')
    await shows(bob.page, ['before the reload'])
    await ada.page.locator('textarea').fill('half a thou')
    await eventually('the draft to be stored', () => isKept(ada.page, 'half a thou'))
    await ada.page.reload()
    await hasDraft(ada.page, 'half a thou')
    expect(new URL(ada.page.url()).pathname).toBe('/chat/lobby')
    await shows(ada.page, ['before the reload'])
    await say(ada.page, 'after it')
    await shows(bob.page, ['before the reload', 'after it'])
    expect(await bob.page.getByText(`${ada.name} went offline`).count()).toBe(0)
    const last = bob.page.locator('.message', { hasText: 'after it' })
    expect(await last.getAttribute('aria-label')).toContain(ada.name)
  })

  test('[C43, U52] after the server was killed between two messages both people have both, once and in the same order', async () => {
    const ada = await aPerson()
    const bob = await aPerson()
    await say(ada.page, 'before the crash')
    await shows(bob.page, ['before the crash'])
    await kill()
    await say(ada.page, 'while it was away')
    await say(bob.page, 'and I wrote too')
    await start()
    const texts = ['before the crash', 'while it was away', 'and I wrote too']
    for (const { page } of [ada, bob])
      await eventually(
        'both messages, each once',
        async () =>
          (await textsOn(page))
            .filter((text) => texts.includes(text))
            .toSorted()
            .join() === texts.toSorted().join(),
        30_000,
      )
    expect((await textsOn(ada.page)).slice(-3)).toEqual((await textsOn(bob.page)).slice(-3))
    await acknowledged(ada.page)
  }, 60_000)

  test('[U47] three messages written offline arrive once and in order, and survive a reload', async () => {
    const ada = await aPerson()
    const bob = await aPerson()
    const texts = ['first in the tunnel', 'second in the tunnel', 'third in the tunnel']
    await ada.page.context().setOffline(true)
    for (const text of texts) await say(ada.page, text)
    await shows(ada.page, texts)
    expect(await bob.page.getByText('in the tunnel').count()).toBe(0)
    await ada.page.context().setOffline(false)
    await shows(bob.page, texts)
    await acknowledged(ada.page)
    await ada.page.reload()
    await shows(ada.page, texts)
  }, 60_000)

  async function makeRoom(page: Page, room: { name: string; topic?: string }): Promise<string> {
    return page.evaluate(async (body) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch('/api/rooms', { method: 'POST', headers, body: JSON.stringify(body) })
      return ((await answer.json()) as { room: string }).room
    }, room)
  }

  test('[U4, B7, U176, U302] the link of a room says its name, topic and how many are there, asks for a name, and then opens it', async () => {
    const maker = await aPerson()
    const room = await makeRoom(maker.page, { name: 'Küchen-Tisch 食卓', topic: 'What is for dinner?' })
    await maker.page.goto(`${origin}/chat/${room}`)
    await maker.page.getByRole('textbox').waitFor()
    const page = await aPage('/nope')
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    page.on('websocket', () => asked.push('/ws'))
    await page.goto(`${origin}/chat/${room}`)
    await page.getByRole('button', { name: 'Join \u2068Küchen-Tisch 食卓\u2069' }).waitFor()
    const shown = await page.getByRole('main').innerText()
    for (const text of ['Küchen-Tisch 食卓', 'What is for dinner?', '1 online']) expect(shown).toContain(text)
    const address = `/chat/${encodeURIComponent('Küchen-Tisch-食卓')}~${room}`
    expect(new URL(page.url()).pathname).toBe(address)
    expect(await page.title()).toBe('\u2068Küchen-Tisch 食卓\u2069 · Hubbub')
    expect(asked.filter((path) => path.includes(room))).toEqual([`/chat/${room}`, `/api/rooms/${room}`])
    expect(asked).not.toContain('/ws')
    await signIn(page, 'Cook')
    expect(new URL(page.url()).pathname).toBe(address)

    const other = await aPage(`/chat/${await makeRoom(maker.page, { name: 'שולחן' })}`)
    const heading = other.getByRole('heading', { name: 'שולחן' })
    expect(await heading.evaluate((title) => getComputedStyle(title).direction)).toBe('ltr')
  })

  test('[U176] the link of a missing room says so at once; where the server does not say, it asks for a name', async () => {
    const page = await aPage('/chat/nowhere')
    await page.getByRole('heading', { name: 'Room not found' }).waitFor()
    expect(await page.getByRole('textbox').count()).toBe(0)
    await page.getByRole('link', { name: 'Go to the lobby' }).click()
    await page.getByRole('button', { name: 'Join lobby' }).waitFor()
    await page.route('**/api/rooms/*', (route) => route.abort())
    await page.goto(`${origin}/chat/elsewhere`)
    await page.getByRole('button', { name: 'Join elsewhere' }).waitFor()
  })

  test('[U177] home says what this is and how many are there; a refused name is outlined in red until it is typed on', async () => {
    await aPerson()
    const page = await aPage('/')
    await page.getByText('Group chat, no account needed.').waitFor()
    await page.getByText(/^[1-9]\d* online$/).waitFor()
    const field = page.getByLabel('Your name')
    const outline = () => field.evaluate((element) => getComputedStyle(element).outlineColor)
    await field.fill('Ann')
    const calm = await outline()
    await field.fill('a\u200b')
    await field.press('Enter')
    await page.getByRole('alert').filter({ hasText: 'invisible' }).waitFor()
    expect(await outline()).not.toBe(calm)
    await field.press('Backspace')
    expect([await outline(), await page.getByRole('alert').innerText()]).toEqual([calm, ''])
  })
})
