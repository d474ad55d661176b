import { afterAll, afterEach, describe, expect, test } from 'bun:test'
import type { Server } from 'bun'
import type { BrowserContext, Page } from 'playwright-core'
import { usePlace } from '../support/server/aPlace.ts'
import { aGuest, type Guest } from '../support/client/anApp.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/eventually.ts'
import { PAYLOADS } from './payloads.ts'

/** What no text of anybody may become. */
const FOREIGN =
  'img, iframe, object, embed, video, audio, math, base, style, template, marquee, isindex, [http-equiv=refresh], .text *:not(a, bdi, blockquote, br, button, code, del, div, em, li, mark, ol, p, pre, s, span, strong, time, ul)'

describe.skipIf(browserFound === null)('in a real browser', () => {
  const running = useBrowser()
  const place = usePlace()
  let contexts: BrowserContext[] = []
  const servers: Server<undefined>[] = []
  afterEach(async () => {
    for (const context of contexts) await context.close()
    contexts = []
  })
  afterAll(() => Promise.all(servers.map((server) => server.stop(true))))

  /** A browser of somebody's own, and what must not happen in it. */
  async function aPage(
    path: string,
  ): Promise<{ page: Page; hits: string[]; reports: string[]; asked: Set<string> }> {
    const context = await running.browser.newContext({ viewport: { width: 1280, height: 800 } })
    context.setDefaultTimeout(20_000)
    contexts.push(context)
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

  async function signIn(page: Page, name: string): Promise<void> {
    await page.getByLabel('Your name').fill(name)
    await page.keyboard.press('Enter')
    await page.locator('textarea').waitFor()
  }

  /** A page of somebody else, at another port of the same host. */
  function anotherSite(html: string): string {
    const server = Bun.serve<undefined>({
      port: 0,
      hostname: '127.0.0.1',
      reusePort: false,
      fetch: () => new Response(html, { headers: { 'content-type': 'text/html' } }),
    })
    servers.push(server)
    return `http://127.0.0.1:${server.port}`
  }

  /** Somebody whose name is the text, or as much of it as a name may hold. */
  async function called(text: string, at: number): Promise<Guest> {
    const name = [...text].slice(0, 24).join('')
    return aGuest(place.origin, name)
      .catch(() => aGuest(place.origin, `${at} ${name.slice(0, 18)}`))
      .catch(() => aGuest(place.origin, `Person ${at}`))
  }

  test('[S2, S3, S34] sixty payloads as name, message, edit, quote, reaction, room, topic and link: nothing runs, nothing is reported, nothing is drawn but text', async () => {
    expect(PAYLOADS).toHaveLength(60)
    const reader = await aPage('/chat/lobby')
    await signIn(reader.page, 'Reader')
    const { page } = reader
    const drawn = () => page.locator('.message .text').allTextContents()
    const isInert = async () => {
      const found = await page.evaluate((foreign) => {
        const led = new Set([
          'href',
          'src',
          'action',
          'formaction',
          'xlink:href',
          'data',
          'background',
          'poster',
        ])
        const wrong = [...document.querySelectorAll(foreign)].map(
          ({ tagName, textContent }) => `${tagName} ${textContent?.slice(0, 80)}`,
        )
        for (const element of document.querySelectorAll('*'))
          for (const { name, value } of element.attributes)
            if (/^on|^srcdoc$/i.test(name) || (led.has(name) && !/^(https?:|\/|#|data:image\/)/.test(value)))
              wrong.push(`${name}=${value}`)
        const scripts = [...document.scripts].filter(({ src }) => !src.startsWith(location.origin))
        return [...wrong, ...scripts.map(({ text }) => text)]
      }, FOREIGN)
      expect({ found, hits: reader.hits, reports: reader.reports }).toEqual({
        found: [],
        hits: [],
        reports: [],
      })
    }

    /** How many of the payloads that look like elements stand there as they were written. */
    const literal = (shown: readonly string[]) =>
      PAYLOADS.filter((payload) => /^<[^`]+>$/.test(payload) && shown.some((text) => text.includes(payload)))
        .length

    const names = new Set<string>()
    const before = await drawn()
    for (let from = 0; from < PAYLOADS.length; from += 10)
      await Promise.all(
        PAYLOADS.slice(from, from + 10).map(async (payload, of) => {
          const at = from + of
          const who = await called(payload, at)
          names.add(who.user.name)
          const socket = await who.enter('lobby')
          socket.send({ type: 'send', nonce: `payload-${at}`, room: 'lobby', text: payload })
          const { id } = await socket.hears('ack')
          if (at % 2 === 0) {
            const edit = {
              type: 'edit',
              nonce: `edited-${at}`,
              room: 'lobby',
              target: id,
              text: `${at} ${payload}`,
            }
            socket.send(edit)
            await socket.hears('ack', ({ nonce }) => nonce === edit.nonce)
          } else {
            // What is answered is drawn once more, as a quote.
            const nonce = `answer-${at}`
            socket.send({ type: 'send', nonce, room: 'lobby', text: 'an answer', replyTo: id })
            await socket.hears('ack', (ack) => ack.nonce === nonce)
          }
          socket.send({
            type: 'react',
            nonce: `react-${at}`,
            room: 'lobby',
            target: id,
            emoji: payload,
            on: true,
          })
          await socket.hears('error')
          await who.ask('/api/rooms', {
            method: 'POST',
            body: { name: `${at} ${payload}`.slice(0, 60), topic: payload },
          })
          socket.send({ type: 'typing', room: 'lobby', on: true })
        }),
      )
    // Most of them can be a name as they stand, so far as one is long.
    expect([...names].filter((name) => /[<(]/.test(name)).length).toBeGreaterThan(40)

    await eventually('the last of them, live', async () =>
      (await drawn()).some((text) => text.includes('jaVasCript')),
    )
    const live = (await drawn()).slice(before.length)
    expect(live.length).toBeGreaterThan(20)
    expect(literal(live)).toBeGreaterThan(10)
    await isInert()
    expect(await page.locator('.message .quote').count()).toBeGreaterThan(10)
    // Names in the list to mention, and rooms in the switcher.
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
    await eventually('the history', async () => (await drawn()).length > 20)
    expect(literal(await drawn())).toBeGreaterThan(10)
    for (let at = 0; at < 3; at += 1) {
      await page.mouse.move(640, 400)
      await page.mouse.wheel(0, -3_000)
    }
    await isInert()

    const rooms = (await (
      await fetch(`${place.origin}/api/rooms`, { headers: { cookie: await cookieOf(page) } })
    ).json()) as {
      rooms: { room: string; topic: string }[]
    }
    expect(rooms.rooms.filter(({ topic }) => PAYLOADS.includes(topic)).length).toBeGreaterThan(50)
    for (const { room } of rooms.rooms.filter(({ topic }) => topic.startsWith('<')).slice(0, 2)) {
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

  /** The cookies of a page as a request has them. */
  async function cookieOf(page: Page): Promise<string> {
    return (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  }

  test('[S1, S21, X12] a page of another port holds the cookie and gets no socket and no change', async () => {
    const seen: string[] = []
    const listening = Bun.serve<undefined>({
      port: 0,
      hostname: '127.0.0.1',
      reusePort: false,
      fetch(request) {
        seen.push(request.headers.get('cookie') ?? '')
        return new Response(null, { status: 403 })
      },
    })
    servers.push(listening)
    const { page } = await aPage('/chat/lobby')
    await signIn(page, 'Ada')
    const evil = anotherSite('<!doctype html><title>evil</title>')
    await page.goto(evil)
    const tries = (url: string) =>
      page.evaluate(
        (to) =>
          new Promise<string>((resolve) => {
            const socket = new WebSocket(to)
            socket.onopen = () => resolve('open')
            socket.onclose = ({ code }) => resolve(`closed ${code}`)
          }),
        url,
      )
    // X12: the cookie does travel, whatever SameSite says: it is the same site.
    expect(await tries(`ws://127.0.0.1:${listening.port}/ws?v=2`)).toBe('closed 1006')
    expect(seen).toEqual([expect.stringMatching(/session-\d+=/)])
    expect(await tries(`${place.origin.replace('http', 'ws')}/ws?v=2`)).toBe('closed 1006')

    const changed = await page.evaluate(async (origin) => {
      const results: string[] = []
      for (const headers of [
        {},
        { 'content-type': 'text/plain' },
        { 'content-type': 'application/json' },
      ] as Record<string, string>[])
        for (const mode of ['no-cors', 'cors'] as const)
          for (const method of ['POST', 'DELETE', 'PATCH']) {
            const asked = fetch(`${origin}/api/session`, {
              method,
              mode,
              credentials: 'include',
              headers,
              body: JSON.stringify({ name: 'Eve' }),
            })
            results.push(
              await asked.then(
                ({ type, status }) => `${type} ${status}`,
                () => 'refused',
              ),
            )
          }
      const frame = document.createElement('iframe')
      frame.name = 'sink'
      const form = document.createElement('form')
      Object.assign(form, {
        method: 'post',
        action: `${origin}/api/session`,
        enctype: 'text/plain',
        target: 'sink',
      })
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
    expect(changed.filter((result) => result !== 'refused' && result !== 'opaque 0')).toEqual([])
    await page.goto(`${place.origin}/chat/lobby`)
    await page.locator('textarea').waitFor()
    const who = await page.evaluate(async () => (await (await fetch('/api/session')).json()) as unknown)
    expect(who).toMatchObject({ user: { name: 'Ada' } })
  })

  test('[S37] within a frame of somebody else’s page nothing of it shows', async () => {
    const evil = anotherSite(`<!doctype html><title>evil</title><iframe src="${place.origin}/"></iframe>`)
    const { page } = await aPage('/')
    await page.getByLabel('Your name').waitFor()
    await page.goto(evil)
    const frame = await eventually('the frame', () => page.frames().find((one) => one !== page.mainFrame()))
    await eventually('that it is refused', () => frame.url().startsWith('chrome-error:'))
    expect(await frame.locator('body').innerText()).not.toContain('name')
    expect(await frame.getByLabel('Your name').count()).toBe(0)
  })

  test('[S37] a link says where it leads: letters that only look Latin are shown as what they are, and the other side learns nothing', async () => {
    const { page } = await aPage('/chat/lobby')
    await signIn(page, 'Linus')
    const said =
      'see https://\u0430pple.com/login and https://example.org@evil.example/ and https://plain.example/'
    await page.locator('textarea').fill(said)
    await page.keyboard.press('Control+Enter')
    const text = page.locator('.message .text').filter({ hasText: 'plain.example' }).last()
    await text.waitFor()
    await eventually('the links', async () => (await text.locator('a').count()) === 3)
    const shown = (await text.textContent()) ?? ''
    expect(shown).toContain('https://xn--pple-43d.com/login')
    expect(shown).not.toContain('\u0430pple')
    expect(shown).toContain('(evil.example)')
    const links = await text
      .locator('a')
      .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).rel))
    expect(links).toEqual(Array(3).fill('noopener noreferrer nofollow ugc'))
  })

  test('[S42] after signing out nothing of a person is left on the device, and the next one sees nothing', async () => {
    const { page } = await aPage('/chat/lobby')
    await signIn(page, 'Canary Name')
    await page.locator('textarea').fill('a canary message')
    await page.keyboard.press('Control+Enter')
    await page.locator('.message', { hasText: 'a canary message' }).waitFor()
    await page.locator('textarea').fill('a canary draft')
    const kept = () =>
      page.evaluate(async () => {
        const rows: unknown[] = []
        for (const { name = '' } of await indexedDB.databases()) {
          const database = await new Promise<IDBDatabase>((resolve) => {
            const opening = indexedDB.open(name)
            opening.onsuccess = () => resolve(opening.result)
          })
          for (const store of database.objectStoreNames)
            rows.push(
              ...(await new Promise<unknown[]>((resolve) => {
                const all = database.transaction(store).objectStore(store).getAll()
                all.onsuccess = () => resolve(all.result)
              })),
            )
          database.close()
        }
        return {
          rows,
          local: { ...localStorage },
          session: { ...sessionStorage },
          caches: await caches.keys(),
        }
      })
    await eventually('the draft is stored', async () =>
      JSON.stringify(await kept()).includes('a canary draft'),
    )

    await page.getByRole('button', { name: /menu|more/i }).click()
    await page
      .getByRole('menuitem', { name: /sign out/i })
      .or(page.getByRole('button', { name: /sign out/i }))
      .first()
      .click()
    // A draft would be lost: that is asked about first.
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Your name').waitFor()
    // Also that somebody is leaving: it is kept until the server has said that they are gone.
    await eventually('no row', async () => {
      const { rows, local } = await kept()
      return rows.length === 0 && Object.keys(local).length === 0
    })
    const left = await kept()
    expect(JSON.stringify(left).toLowerCase()).not.toContain('canary')
    expect([Object.keys(left.local), left.caches]).toEqual([[], []])
    expect(await cookieOf(page)).toBe('')
    expect(await page.getByLabel('Your name').inputValue()).toBe('')
    await page.goBack().catch(() => null)
    expect(await page.locator('textarea').count()).toBe(0)

    await page.goto(`${place.origin}/chat/lobby`)
    await signIn(page, 'Next Person')
    expect(await page.locator('textarea').inputValue()).toBe('')
    expect(await page.evaluate(async () => (await fetch('/api/session')).status)).toBe(200)
  })
})
