/** LONG=1: measurements that take minutes. */
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'bun:test'
import type { CDPSession } from 'playwright-core'
import { clockOf, median, messages, tasksOf } from '../../support/aMeasure.ts'
import { aContext, DESKTOP } from '../../support/client/aScreen.ts'
import { usePlace } from '../../support/server/aPlace.ts'
import { aWiredPage } from '../../support/client/aWire.ts'
import { browserFound, useBrowser } from '../../support/browser/browser.ts'
import { eventually } from '../../support/eventually.ts'

const LONG = process.env['LONG'] === '1'
if (!LONG) console.log('SKIPPED [W7, W8] what takes minutes: set LONG=1')
const MB = 1_024 * 1_024

/** Memory of a page after garbage collection: its JS heap and its process in MB, and its nodes in and out of the document. */
async function memoryOf(client: CDPSession, browser: CDPSession) {
  for (const _ of [1, 2]) await client.send('HeapProfiler.collectGarbage')
  const { metrics } = await client.send('Performance.getMetrics')
  const metric = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo')
  const sizes = await Promise.all(
    processInfo
      .filter(({ type }) => type === 'renderer')
      .map(async ({ id }) => {
        const status = await readFile(`/proc/${id}/status`, 'utf8')
        return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1_024
      }),
  )
  return { heap: metric('JSHeapUsedSize') / MB, process: Math.max(...sizes), nodes: metric('Nodes') }
}

/** Runs in the page: hears the frames evenly over so many seconds. Gives the median of frames painted a second, and announcements. */
async function hearEvenly({ seconds, frames }: { seconds: number; frames: readonly string[] }) {
  let announcements = 0
  const observer = new MutationObserver((changes) => {
    for (const { addedNodes } of changes) announcements += addedNodes.length
  })
  for (const region of document.querySelectorAll('.heard')) observer.observe(region, { childList: true })
  const start = performance.now()
  const painted = Array<number>(seconds).fill(0)
  let sent = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - start) / 1_000 / seconds) * frames.length)
    if (due > sent) window.hear(frames.slice(sent, due))
    sent = Math.max(sent, due)
  }, 20)
  for (;;) {
    await new Promise((done) => requestAnimationFrame(done))
    const second = Math.floor((performance.now() - start) / 1_000)
    if (second >= seconds) break
    painted[second]! += 1
  }
  clearInterval(timer)
  return { perSecond: painted.toSorted((a, b) => a - b)[seconds >> 1]!, announcements }
}

describe.skipIf(browserFound === null || !LONG)('over minutes', () => {
  const place = usePlace()
  const world = useBrowser()

  async function aMeasuredPage(name: string) {
    const { context } = await aContext(world.browser, DESKTOP)
    const wired = await aWiredPage(place.origin, context, name)
    const { client, clock } = await clockOf(wired.page)
    const browser = await world.browser.newBrowserCDPSession()
    return { ...wired, context, clock, memory: () => memoryOf(client, browser) }
  }

  test('[W7] at fifty messages a second for a minute no task takes over 100 ms, and speech comes at most every 3 s', async () => {
    const { page, context, clock } = await aMeasuredPage('Busy')
    // Handed over beforehand, so that the transport is not measured.
    const frames = await page.evaluateHandle(
      (all) => all,
      messages(1, 3_000).map((frame) => JSON.stringify(frame)),
    )
    const tasks = await tasksOf(page)
    const { work, answer } = await clock(() => page.evaluate(hearEvenly, { seconds: 60, frames }))
    const { longest, lost } = await tasks()
    const { perSecond, announcements } = answer
    console.log('[W7]', {
      perSecond,
      longest,
      framesLost: lost.reduce((a, b) => a + b, 0),
      workMs: work / 60,
    })
    expect(longest).toBeLessThanOrEqual(100)
    expect(median(lost)).toBeLessThanOrEqual(10)
    expect(announcements).toBeLessThanOrEqual(21)
    await context.close()
  }, 120_000)

  test('[W8] ten thousand messages take at most 40 MB', async () => {
    const { hear, memory, context } = await aMeasuredPage('Memory')
    await hear(...messages(1, 400))
    const before = await memory()
    for (let from = 401; from < 10_401; from += 200) await hear(...messages(from, 200))
    const after = await memory()
    console.log('[W8] 10,000 messages:', { before, after })
    expect(after.process - before.process).toBeLessThanOrEqual(40)
    expect(after.heap - before.heap).toBeLessThanOrEqual(40)
    await context.close()
  }, 120_000)

  test('[W8] ten switches between rooms leave at most 5 MB and 100 nodes', async () => {
    const { page, hear, memory, context } = await aMeasuredPage('Switch')
    const headers = { origin: place.origin }
    await context.request.post(`${place.origin}/api/rooms`, { data: { name: 'Other' }, headers })
    await page.reload()
    await page.locator('.emoji-button').waitFor()
    await hear(...messages(1, 100))
    // Only locators: a handle of an element would keep its screen in memory.
    const shows = async (room: string) => {
      await page.getByLabel(`Messages in ${room}`).waitFor()
      await page.locator('.emoji-button').waitFor()
    }
    await page.click('.side a[href="/chat/other"]')
    await shows('Other')
    const switchTwice = async () => {
      await page.goBack()
      await shows('lobby')
      await page.goForward()
      await shows('Other')
    }
    for (const _ of [1, 2, 3]) await switchTwice()
    let before = await memory()
    // Timers and announcements keep a screen for some seconds after it was left.
    await eventually(
      'a steady number of nodes',
      async () => {
        const { nodes } = before
        before = await memory()
        return Math.abs(before.nodes - nodes) < 10
      },
      20_000,
    )
    for (const _ of [1, 2, 3, 4, 5]) await switchTwice()
    const after = await eventually(
      'the nodes of the screens that were left are gone',
      async () => {
        const now = await memory()
        return now.nodes - before.nodes <= 100 ? now : null
      },
      20_000,
    )
    console.log('[W8] 10 switches:', { before, after })
    expect(after.heap - before.heap).toBeLessThanOrEqual(5)
    await context.close()
  }, 120_000)
})
