/** LONG=1: the first load on a slow network and a slow machine. */
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import type { BrowserContext } from 'playwright-core'
import { buildClient } from '../../../src/tools/build.ts'
import { aClient } from '../../support/server/aClient.ts'
import { median } from '../../support/aMeasure.ts'
import { usePlace } from '../../support/server/aPlace.ts'
import { aContext, PHONE } from '../../support/client/aScreen.ts'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'

const LONG = process.env['LONG'] === '1'
if (!LONG) console.log('SKIPPED [W3] the first load on a slow network: set LONG=1')
const ROOT = join(import.meta.dir, '../../..')

/** As many bytes that nothing makes smaller. */
const bytes = (count: number) =>
  Buffer.from(crypto.getRandomValues(new Uint8Array((count * 3) / 4))).toString('base64')

/**
 * A chat of this weight without anything in it: a style, a script, who one is, a socket, a greeting, rows.
 * @param headers as ours are, since they have a price too
 */
function bareServer(headers: Headers) {
  const script = `/*${bytes(35_000)}*/
    await (await fetch('/session')).json()
    const socket = new WebSocket(location.href.replace('http', 'ws'))
    socket.onopen = () => socket.send('hello')
    socket.onmessage = ({ data }) => {
      for (const row of JSON.parse(data)) {
        const article = document.createElement('article')
        article.className = 'message'
        article.textContent = row
        document.body.append(article)
      }
      document.body.append(document.createElement('textarea'))
    }`
  const page = `<!doctype html><meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css"><script type="module" src="/script.js"></script><h1>Bare</h1>`
  const answers: Record<string, [string, string]> = {
    '/': ['text/html', page],
    '/style.css': ['text/css', `/*${bytes(9_000)}*/ body { color: #222 }`],
    '/script.js': ['text/javascript', script],
    '/session': ['application/json', '{}'],
  }
  return Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request, server) {
      if (server.upgrade(request)) return undefined
      const [type, body] = answers[new URL(request.url).pathname] ?? ['text/plain', '']
      const all = new Headers(headers)
      for (const name of ['content-length', 'content-encoding', 'set-cookie']) all.delete(name)
      all.set('content-type', type)
      return new Response(body, { headers: all })
    },
    websocket: {
      message: (socket) => {
        socket.send(JSON.stringify(Array(12).fill('said at some time by somebody')))
      },
    },
  })
}

/** Runs in the page before all else: when something was first painted, when messages can be read and answered, and what moved. */
function stamp(): void {
  const seen = { first: 0, usable: 0, shifted: 0 }
  Reflect.set(window, 'seen', seen)
  new PerformanceObserver((all) => {
    for (const entry of all.getEntriesByName('first-contentful-paint')) seen.first = entry.startTime
  }).observe({ type: 'paint', buffered: true })
  new PerformanceObserver((all) => {
    for (const entry of all.getEntries()) seen.shifted += Number(Reflect.get(entry, 'value'))
  }).observe({ type: 'layout-shift', buffered: true })
  const look = () => {
    if (document.querySelector('.message') === null || document.querySelector('textarea') === null)
      return requestAnimationFrame(look)
    return requestAnimationFrame(() => (seen.usable = performance.now()))
  }
  requestAnimationFrame(look)
}

async function load(context: BrowserContext, url: string) {
  const page = await context.newPage()
  const client = await context.newCDPSession(page)
  const throughput = (1.6 * 1_024 * 1_024) / 8
  await client.send('Network.enable')
  await client.send('Network.setCacheDisabled', { cacheDisabled: true })
  const slow = { latency: 150, downloadThroughput: throughput, uploadThroughput: throughput }
  await client.send('Network.emulateNetworkConditions', { offline: false, ...slow })
  await client.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await page.addInitScript(stamp)
  await page.goto(url, { waitUntil: 'commit' })
  const seen = await eventually(
    'messages',
    async () => {
      const now = await page.evaluate(
        () => Reflect.get(window, 'seen') as Record<'first' | 'usable' | 'shifted', number>,
      )
      return now.usable > 0 && now.first > 0 ? now : null
    },
    30_000,
  )
  await page.close()
  return seen
}

describe.skipIf(browserFound === null || !LONG)('the first load', () => {
  const world = useBrowser()
  const place = usePlace(() => buildClient({ root: ROOT, out: join(ROOT, 'dist/public'), compress: 'best' }))

  test('[W3, W10] on a slow network a room is painted and usable about as soon as any page of its weight, and nothing moves', async () => {
    const { origin } = place
    const bare = bareServer(
      (await fetch(`${origin}/chat/lobby`, { headers: { accept: 'text/html' } })).headers,
    )
    const bob = await aClient(origin).enter('Bob')
    for (let number = 1; number <= 12; number += 1) bob.actions.send('lobby', `message ${number}`)
    await eventually('Bob has spoken', () => bob.room().rows.filter(({ seq }) => seq !== null).length >= 12)
    const { context } = await aContext(world.browser, PHONE)
    const headers = { origin }
    await context.request.post(`${origin}/api/session`, { data: { name: 'Ada' }, headers })
    const results: Record<'bare' | 'ours', Awaited<ReturnType<typeof load>>[]> = { bare: [], ours: [] }
    for (const _ of [1, 2, 3]) {
      results.bare.push(await load(context, String(bare.url)))
      results.ours.push(await load(context, `${origin}/chat/lobby`))
    }
    console.log('[W3] first paint, usable (ms), shifts:', results)
    const of = (which: 'bare' | 'ours', what: 'first' | 'usable') =>
      median(results[which].map((one) => one[what]))
    expect(Math.max(...results.ours.map(({ shifted }) => shifted))).toBeLessThanOrEqual(0.02)
    expect(of('ours', 'first')).toBeLessThanOrEqual(1.5 * of('bare', 'first'))
    expect(of('ours', 'usable')).toBeLessThanOrEqual(1.5 * of('bare', 'usable'))
    bob.end()
    await bare.stop(true)
    await context.close()
  }, 120_000)
})
