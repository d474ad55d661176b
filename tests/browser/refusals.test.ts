/** Browsers that refuse a part of the platform: blocked cookies and storage, and what is missing over plain http. */
import { describe, expect, test } from 'bun:test'
import { firefox } from '../engines/firefox.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { acknowledged, aContext, say, signIn } from '../support/client/aScreen.ts'
import { eventually } from '../support/eventually.ts'
import { usePlace } from '../support/server/aPlace.ts'

/** Each makes a part of the platform throw, as a function of the page. */
const REFUSED = {
  BroadcastChannel: () => {
    window.BroadcastChannel = class {
      constructor() {
        throw new DOMException('refused', 'SecurityError')
      }
    } as never
  },
  'navigator.locks': () =>
    Object.defineProperty(navigator, 'locks', {
      get() {
        throw new DOMException('refused', 'SecurityError')
      },
    }),
  'a lock': () => {
    // The empty page before the first has no locks.
    if ('LockManager' in window)
      LockManager.prototype.request = () => Promise.reject(new DOMException('refused', 'SecurityError'))
  },
  indexedDB: () =>
    Object.defineProperty(window, 'indexedDB', {
      get() {
        throw new DOMException('refused', 'SecurityError')
      },
    }),
  'localStorage and sessionStorage': () => {
    for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('refused', 'SecurityError')
        },
      })
  },
  Notification: () => Object.defineProperty(window, 'Notification', { value: undefined }),
}

describe.skipIf(browserFound === null)('a browser that refuses', () => {
  const running = useBrowser()
  const place = usePlace()
  let people = 0

  test.each([...Object.entries(REFUSED), ['all of these', null] as const])(
    '[U185] %s still chats, also after a reload',
    async (_what, refuse) => {
      const { context, refused } = await aContext(running.browser)
      for (const script of refuse === null ? Object.values(REFUSED) : [refuse])
        await context.addInitScript(script)
      const page = await context.newPage()
      await page.goto(`${place.origin}/chat/lobby`)
      await signIn(page, `Reader ${(people += 1)}`)
      await say(page, `said by reader ${people}`)
      await acknowledged(page)
      await page.reload()
      await eventually('the message', () => page.getByText(`said by reader ${people}`).isVisible())
      expect(refused).toEqual([])
    },
  )

  test('[U186] cookies sends no name, says that they are needed, and goes on once they are allowed', async () => {
    const { context } = await aContext(running.browser)
    const page = await context.newPage()
    const posted: string[] = []
    page.on('request', (request) => request.method() === 'POST' && posted.push(request.url()))
    const browser = await context.newCDPSession(page)
    await browser.send('Emulation.setDocumentCookieDisabled', { disabled: true })
    await page.goto(place.origin)
    await page.locator('input[name=nickname]').fill('Ada')
    await page.keyboard.press('Enter')
    await page.getByText('Your browser blocks cookies').waitFor()
    expect([posted, await page.locator('input[name=nickname]').inputValue()]).toEqual([[], 'Ada'])
    await browser.send('Emulation.setDocumentCookieDisabled', { disabled: false })
    await page.keyboard.press('Enter')
    await page.locator('textarea').waitFor()
    expect(posted).toEqual([`${place.origin}/api/session`])
    expect((await context.cookies()).map(({ name }) => name)).toEqual([expect.stringMatching(/^session/)])
  })

  test('[U187] WebSockets, as some proxies do, says so and comes alive once they pass', async () => {
    const { port } = new URL(place.origin)
    let passes = false
    const upstreams = new WeakMap<object, WebSocket>()
    // A proxy that forwards every request, and upgrades only once it is told to.
    const proxy = Bun.serve<{ cookie: string; origin: string }>({
      port: 0,
      hostname: '127.0.0.1',
      async fetch(request, server) {
        const { pathname, search } = new URL(request.url)
        const headers = new Headers(request.headers)
        const data = { cookie: headers.get('cookie') ?? '', origin: place.origin }
        if (passes && pathname === '/ws' && server.upgrade(request, { data })) return undefined
        if (headers.has('upgrade')) return new Response('no upgrades here', { status: 400 })
        headers.set('accept-encoding', 'identity')
        headers.delete('host')
        if (headers.has('origin')) headers.set('origin', place.origin)
        const { method } = request
        const body = method === 'GET' ? null : await request.text()
        return fetch(`http://127.0.0.1:${port}${pathname}${search}`, {
          method,
          headers,
          body,
          redirect: 'manual',
        })
      },
      websocket: {
        open(client) {
          const upstream = new WebSocket(`ws://127.0.0.1:${port}/ws?v=2`, { headers: client.data } as never)
          upstream.onmessage = ({ data }) => void client.send(String(data))
          upstreams.set(client, upstream)
        },
        message(client, frame) {
          const upstream = upstreams.get(client)
          if (upstream?.readyState === WebSocket.OPEN) upstream.send(frame)
          else upstream?.addEventListener('open', () => upstream.send(frame))
        },
        close: (client) => upstreams.get(client)?.close(),
      },
    })
    try {
      const { context } = await aContext(running.browser)
      const page = await context.newPage()
      await page.goto(`http://127.0.0.1:${proxy.port}/chat/lobby`)
      await signIn(page, 'Walled')
      await page
        .getByText('A proxy or firewall may be blocking WebSockets')
        .first()
        .waitFor({ timeout: 30_000 })
      passes = true
      await say(page, 'written behind the wall')
      await eventually(
        'the end of the banner',
        async () => !(await page.locator('.banner').isVisible()),
        30_000,
      )
      await acknowledged(page)
    } finally {
      await proxy.stop(true)
    }
  })

  test.skipIf(firefox === null)(
    '[U185, U186] cookies and storage, as Firefox does, opens the page and says so',
    async () => {
      const { tab, close } = await firefox!({ 'network.cookie.cookieBehavior': 2 })
      try {
        await tab.open(`${place.origin}/chat/lobby`)
        const present = (selector: string) =>
          tab.ask((wanted: string) => document.querySelector(wanted) !== null, selector)
        await eventually('the name field', () => present('input[name=nickname]'))
        await tab.click('input[name=nickname]')
        await tab.type('Fox')
        await tab.press('Enter')
        await eventually('the reason', () =>
          tab.ask(() => document.body.textContent!.includes('blocks cookies')),
        )
      } finally {
        await close()
      }
      expect(
        (
          await fetch(`${place.origin}/api/session`, {
            method: 'POST',
            headers: { origin: place.origin, 'content-type': 'application/json' },
            body: JSON.stringify({ name: 'Fox' }),
          })
        ).status,
      ).toBe(201)
    },
  )
})
