import { afterAll, describe, expect, test } from 'bun:test'
import type { Server } from 'bun'
import { usePlace } from '../support/server/aPlace.ts'
import { aGuest, type Guest } from '../support/client/anApp.ts'
import { say, signIn, textsOn } from '../support/client/aScreen.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/eventually.ts'
import { PAYLOADS } from './payloads.ts'

/** Elements that no text of a person may become. */
const FOREIGN =
  'img, iframe, object, embed, video, audio, math, base, style, template, marquee, isindex, [http-equiv=refresh], .text *:not(a, bdi, blockquote, br, button, code, del, div, em, li, mark, ol, p, pre, s, span, strong, time, ul)'

const LEADING = ['href', 'src', 'action', 'formaction', 'xlink:href', 'data', 'background', 'poster']

/** Runs in the page: elements, attributes, addresses and scripts that could only come from a payload. */
function foreignIn({ foreign, leading }: { foreign: string; leading: readonly string[] }): string[] {
  const found = [...document.querySelectorAll(foreign)].map(
    ({ tagName, textContent }) => `${tagName} ${textContent?.slice(0, 80)}`,
  )
  for (const element of document.querySelectorAll('*'))
    for (const { name, value } of element.attributes) {
      const leads = leading.includes(name) && !/^(https?:|\/|#|data:image\/)/.test(value)
      if (leads || /^on|^srcdoc$/i.test(name)) found.push(`${name}=${value}`)
    }
  const scripts = [...document.scripts].filter(({ src }) => !src.startsWith(location.origin))
  return [...found, ...scripts.map(({ text }) => text)]
}

/** Runs in the page: everything that the device keeps for this origin. */
async function deviceContents() {
  const answerOf = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve) => {
      request.onsuccess = () => resolve(request.result)
    })
  const rows: unknown[] = []
  for (const { name = '' } of await indexedDB.databases()) {
    const database = await answerOf(indexedDB.open(name))
    for (const store of database.objectStoreNames)
      rows.push(...(await answerOf(database.transaction(store).objectStore(store).getAll())))
    database.close()
  }
  return { rows, local: { ...localStorage }, session: { ...sessionStorage }, caches: await caches.keys() }
}

describe.skipIf(browserFound === null)('in a real browser', () => {
  const running = useBrowser()
  const place = usePlace()
  const servers: Server<undefined>[] = []
  afterAll(() => Promise.all(servers.map((server) => server.stop(true))))

  /** A page in a profile of its own. `hits`: payloads that ran, `reports`: violations of its policy, `asked`: origins it asked. */
  async function aPage(path: string) {
    const context = await running.browser.newContext({ viewport: { width: 1280, height: 800 } })
    context.setDefaultTimeout(20_000)
    const page = await context.newPage()
    const hits: string[] = []
    const reports: string[] = []
    const asked = new Set<string>()
    await page.exposeFunction('hit', () => hits.push(page.url()))
    await page.exposeFunction('reported', (what: string) => reports.push(what))
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
        const { reported } = globalThis as unknown as { reported(what: string): void }
        reported(`${effectiveDirective} ${blockedURI}`)
      })
    })
    page.on('dialog', (dialog) => {
      hits.push(dialog.message())
      void dialog.dismiss()
    })
    page.on('console', (message) => {
      if (/content security policy|trusted/i.test(message.text())) reports.push(message.text())
    })
    page.on('request', (request) => asked.add(new URL(request.url()).origin))
    await page.goto(place.origin + path)
    return { page, hits, reports, asked }
  }

  function serve(answer: (request: Request) => Response): string {
    const server = Bun.serve<undefined>({ port: 0, hostname: '127.0.0.1', reusePort: false, fetch: answer })
    servers.push(server)
    return `127.0.0.1:${server.port}`
  }

  /** A page of another site, at another port of the same host. */
  const anotherSite = (html: string) =>
    `http://${serve(() => new Response(html, { headers: { 'content-type': 'text/html' } }))}`

  /** A guest whose name is the text, or as much of it as a name may hold. */
  async function called(text: string, at: number): Promise<Guest> {
    const name = [...text].slice(0, 24).join('')
    return aGuest(place.origin, name)
      .catch(() => aGuest(place.origin, `${at} ${name.slice(0, 18)}`))
      .catch(() => aGuest(place.origin, `Person ${at}`))
  }

  test('[S2, S3, S34, O5] sixty payloads as name, message, edit, quote, reaction, room, topic and link are drawn as text, and none of them runs', async () => {
    expect(PAYLOADS).toHaveLength(60)
    const reader = await aPage('/chat/lobby')
    await signIn(reader.page, 'Reader')
    const { page } = reader
    const isInert = async () => {
      const found = await page.evaluate(foreignIn, { foreign: FOREIGN, leading: LEADING })
      expect([found, reader.hits, reader.reports]).toEqual([[], [], []])
    }

    /** How many of the payloads that look like elements are shown as they were written. */
    const literalCount = (shown: readonly string[]) =>
      PAYLOADS.filter((payload) => /^<[^`]+>$/.test(payload) && shown.some((text) => text.includes(payload)))
        .length

    const names = new Set<string>()
    const before = await textsOn(page)
    for (let from = 0; from < PAYLOADS.length; from += 10)
      await Promise.all(
        PAYLOADS.slice(from, from + 10).map(async (payload, of) => {
          const at = from + of
          const who = await called(payload, at)
          names.add(who.user.name)
          const socket = await who.enter('lobby')
          const send = async (frame: { type: string; nonce: string; [field: string]: unknown }) => {
            socket.send({ room: 'lobby', ...frame } as never)
            return socket.hears('ack', ({ nonce }) => nonce === frame.nonce)
          }
          const { id } = await send({ type: 'send', nonce: `payload-${at}`, text: payload })
          if (at % 2 === 0)
            await send({ type: 'edit', nonce: `edited-${at}`, target: id, text: `${at} ${payload}` })
          // The message that is answered is drawn once more, as a quote.
          else await send({ type: 'send', nonce: `answer-${at}`, text: 'an answer', replyTo: id })
          const react = { nonce: `react-${at}`, room: 'lobby', target: id, emoji: payload, on: true } as const
          socket.send({ type: 'react', ...react })
          await socket.hears('error')
          await who.ask('/api/rooms', {
            method: 'POST',
            body: { name: `${at} ${payload}`.slice(0, 60), topic: payload },
          })
          socket.send({ type: 'typing', room: 'lobby', on: true })
        }),
      )
    // Most payloads may be a name, cut to its length.
    expect([...names].filter((name) => /[<(]/.test(name)).length).toBeGreaterThan(40)

    await eventually('the last of them, live', async () =>
      (await textsOn(page)).some((text) => text.includes('jaVasCript')),
    )
    const live = (await textsOn(page)).slice(before.length)
    expect(live.length).toBeGreaterThan(20)
    expect(literalCount(live)).toBeGreaterThan(10)
    await isInert()
    expect(await page.locator('.message .quote').count()).toBeGreaterThan(10)
    await page.locator('textarea').pressSequentially('@')
    await page.waitForSelector('[role=option]')
    await isInert()
    await page.keyboard.press('Escape')
    await page.fill('textarea', '')
    await page.keyboard.press('Control+k')
    await page.waitForSelector('dialog [role=option]')
    await isInert()
    await page.keyboard.press('Escape')

    await page.reload()
    await eventually('the history', async () => (await textsOn(page)).length > 20)
    expect(literalCount(await textsOn(page))).toBeGreaterThan(10)
    for (let at = 0; at < 3; at += 1) {
      await page.mouse.move(640, 400)
      await page.mouse.wheel(0, -3_000)
    }
    await isInert()

    const { rooms } = await page.evaluate(
      async () => (await (await fetch('/api/rooms')).json()) as { rooms: { room: string; topic: string }[] },
    )
    expect(rooms.filter(({ topic }) => PAYLOADS.includes(topic)).length).toBeGreaterThan(50)
    for (const { room } of rooms.filter(({ topic }) => topic.startsWith('<')).slice(0, 2)) {
      await page.goto(`${place.origin}/chat/${room}`)
      await page.locator('textarea').waitFor()
      await isInert()
    }
    await page.evaluate(async (payloads) => {
      for (const payload of payloads) {
        const part = encodeURIComponent(payload)
        for (const address of [`/chat/${part}`, `/${part}`, `/?${part}#${part}`, `/chat/lobby#${payload}`]) {
          history.pushState(null, '', address)
          dispatchEvent(new PopStateEvent('popstate', { state: null }))
        }
        await new Promise((resolve) => requestAnimationFrame(resolve))
      }
    }, PAYLOADS)
    await isInert()
    expect([...reader.asked]).toEqual([place.origin])
  })

  test('[S1, S21, X12] a page of another port has the cookie, but gets no socket and changes nothing', async () => {
    const cookies: string[] = []
    const listener = serve((request) => {
      cookies.push(request.headers.get('cookie') ?? '')
      return new Response(null, { status: 403 })
    })
    const { page } = await aPage('/chat/lobby')
    await signIn(page, 'Ada')
    await page.goto(anotherSite('<!doctype html><title>evil</title>'))
    const connect = (url: string) =>
      page.evaluate(
        (to) =>
          new Promise<string>((resolve) => {
            const socket = new WebSocket(to)
            socket.onopen = () => resolve('open')
            socket.onclose = ({ code }) => resolve(`closed ${code}`)
          }),
        url,
      )
    // Another port is the same site, so SameSite does not keep the cookie from it (X12).
    expect(await connect(`ws://${listener}/ws?v=2`)).toBe('closed 1006')
    expect(cookies).toEqual([expect.stringMatching(/session-\d+=/)])
    expect(await connect(`${place.origin.replace('http', 'ws')}/ws?v=2`)).toBe('closed 1006')

    const results = await page.evaluate(async (origin) => {
      const results: string[] = []
      const kinds: Record<string, string>[] = [
        {},
        { 'content-type': 'text/plain' },
        { 'content-type': 'application/json' },
      ]
      for (const headers of kinds)
        for (const mode of ['no-cors', 'cors'] as const)
          for (const method of ['POST', 'DELETE', 'PATCH']) {
            const body = JSON.stringify({ name: 'Eve' })
            const init = { method, mode, credentials: 'include', headers, body } as const
            results.push(
              await fetch(`${origin}/api/session`, init).then(
                ({ type, status }) => `${type} ${status}`,
                () => 'refused',
              ),
            )
          }
      const frame = document.createElement('iframe')
      frame.name = 'sink'
      const form = document.createElement('form')
      const action = `${origin}/api/session`
      Object.assign(form, { method: 'post', action, enctype: 'text/plain', target: 'sink' })
      const field = document.createElement('input')
      Object.assign(field, { name: '{"name":"Eve","x":"', value: '"}' })
      form.append(field)
      document.body.append(frame, form)
      form.submit()
      await new Promise((resolve) => {
        frame.onload = resolve
      })
      return results
    }, place.origin)
    expect(results.filter((result) => result !== 'refused' && result !== 'opaque 0')).toEqual([])
    await page.goto(`${place.origin}/chat/lobby`)
    await page.locator('textarea').waitFor()
    const who = await page.evaluate(async () => (await (await fetch('/api/session')).json()) as unknown)
    expect(who).toMatchObject({ user: { name: 'Ada' } })
  })

  test('[S37] in a frame of another site the page shows nothing', async () => {
    const evil = anotherSite(`<!doctype html><title>evil</title><iframe src="${place.origin}/"></iframe>`)
    const { page } = await aPage('/')
    await page.getByLabel('Your name').waitFor()
    await page.goto(evil)
    const frame = await eventually('the frame', () => page.frames().find((one) => one !== page.mainFrame()))
    await eventually('that it is refused', () => frame.url().startsWith('chrome-error:'))
    expect(await frame.locator('body').innerText()).not.toContain('name')
    expect(await frame.getByLabel('Your name').count()).toBe(0)
  })

  test('[S37] a link shows its real host, look-alike letters as `xn--`, and tells the other site nothing', async () => {
    const { page } = await aPage('/chat/lobby')
    await signIn(page, 'Linus')
    await say(
      page,
      'see https://\u0430pple.com/login and https://example.org@evil.example/ and https://plain.example/',
    )
    const text = page.locator('.message .text').filter({ hasText: 'plain.example' }).last()
    await text.waitFor()
    await eventually('the links', async () => (await text.locator('a').count()) === 3)
    const shown = (await text.textContent()) ?? ''
    expect(shown).toContain('https://xn--pple-43d.com/login')
    expect(shown).not.toContain('\u0430pple')
    expect(shown).toContain('(evil.example)')
    const rels = await text
      .locator('a')
      .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).rel))
    expect(rels).toEqual(Array(3).fill('noopener noreferrer nofollow ugc'))
  })

  test('[S42] after signing out nothing of a person is left on the device, and the next person sees nothing', async () => {
    const { page } = await aPage('/chat/lobby')
    await signIn(page, 'Canary Name')
    await say(page, 'a canary message')
    await page.locator('.message', { hasText: 'a canary message' }).waitFor()
    await page.locator('textarea').fill('a canary draft')
    const kept = () => page.evaluate(deviceContents)
    await eventually('the draft is stored', async () => JSON.stringify(await kept()).includes('canary draft'))

    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByText('Sign out').click()
    // A draft would be lost, so the person has to confirm.
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Your name').waitFor()
    // The note that somebody is leaving stays until the server has ended the session.
    await eventually('nothing is stored', async () => {
      const { rows, local } = await kept()
      return rows.length === 0 && Object.keys(local).length === 0
    })
    const left = await kept()
    expect(JSON.stringify(left).toLowerCase()).not.toContain('canary')
    expect(left.caches).toEqual([])
    expect(await page.context().cookies()).toEqual([])
    expect(await page.getByLabel('Your name').inputValue()).toBe('')
    await page.goBack().catch(() => null)
    expect(await page.locator('textarea').count()).toBe(0)

    await page.goto(`${place.origin}/chat/lobby`)
    await signIn(page, 'Next Person')
    expect(await page.locator('textarea').inputValue()).toBe('')
    expect(await page.evaluate(async () => (await fetch('/api/session')).status)).toBe(200)
  })
})
