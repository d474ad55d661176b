/** LONG=1: what takes minutes. */
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

/** What a page holds once its garbage is gone: MB of scripts' objects, MB of its process, nodes in and out of the document. */
async function held(
  client: CDPSession,
  browser: CDPSession,
): Promise<Record<'heap' | 'process' | 'nodes', number>> {
  for (const _ of [1, 2]) await client.send('HeapProfiler.collectGarbage')
  const { metrics } = await client.send('Performance.getMetrics')
  const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? Number.NaN
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo')
  const renderers = processInfo.filter(({ type }) => type === 'renderer')
  const sizes = await Promise.all(
    renderers.map(async ({ id }) => {
      const status = await readFile(`/proc/${id}/status`, 'utf8')
      return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1_024
    }),
  )
  return { heap: metric('JSHeapUsedSize') / MB, process: Math.max(...sizes), nodes: metric('Nodes') }
}

/** Runs in the page: frames painted in the median of so many seconds, and how often something was spoken. */
async function watch({ seconds, frames }: { seconds: number; frames: readonly string[] }) {
  const spoken: string[] = []
  for (const node of document.querySelectorAll('.heard'))
    new MutationObserver((all) => {
      for (const { addedNodes } of all)
        for (const { textContent } of addedNodes) spoken.push(textContent ?? '')
    }).observe(node, { childList: true })
  const began = performance.now()
  const painted = Array<number>(seconds).fill(0)
  let sent = 0
  await new Promise<void>((done) => {
    const look = () => {
      const passed = performance.now() - began
      if (passed >= seconds * 1_000) return done()
      painted[Math.floor(passed / 1_000)]! += 1
      requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - began) / 1_000 / seconds) * frames.length)
      if (due > sent) window.hear(frames.slice(sent, due))
      sent = Math.max(sent, due)
      if (performance.now() - began > seconds * 1_000) clearInterval(timer)
    }, 20)
  })
  return { perSecond: painted.toSorted((a, b) => a - b)[seconds >> 1]!, spoken: spoken.length }
}

describe.skipIf(browserFound === null || !LONG)('over minutes', () => {
  const place = usePlace()
  const world = useBrowser()

  async function aMeasuredPage(name: string) {
    const { context } = await aContext(world.browser, DESKTOP)
    const wired = await aWiredPage(place.origin, context, name)
    const { client, clock } = await clockOf(wired.page)
    const browser = await world.browser.newBrowserCDPSession()
    return { ...wired, context, clock, holds: () => held(client, browser) }
  }

  test('[W7] of fifty messages a second for a minute no task is over 100 ms, hardly one is longer than a frame, and every 3 s at most is spoken', async () => {
    const { page, context, clock } = await aMeasuredPage('Busy')
    // What it takes to bring them is no part of it.
    const frames = await page.evaluateHandle(
      (all) => all,
      messages(1, 3_000).map((frame) => JSON.stringify(frame)),
    )
    const tasks = await tasksOf(page)
    const { work, answer } = await clock(() => page.evaluate(watch, { seconds: 60, frames }))
    const { longest, lost } = await tasks()
    const all = lost.reduce((sum, one) => sum + one, 0)
    console.log('[W7] frames a second, longest task (ms), frames lost in all, work in each second (ms):', [
      answer.perSecond,
      longest,
      all,
      work / 60,
    ])
    expect(longest).toBeLessThanOrEqual(100)
    expect(median(lost)).toBeLessThanOrEqual(10)
    expect(answer.spoken).toBeLessThanOrEqual(21)
    await context.close()
  }, 120_000)

  test('[W8] ten thousand messages are 40 MB at most', async () => {
    const { hear, holds, context } = await aMeasuredPage('Memory')
    await hear(...messages(1, 400))
    const before = await holds()
    for (let from = 401; from < 10_401; from += 200) await hear(...messages(from, 200))
    const after = await holds()
    console.log('[W8] 10,000 messages:', { before, after })
    expect(after.process - before.process).toBeLessThanOrEqual(40)
    expect(after.heap - before.heap).toBeLessThanOrEqual(40)
    await context.close()
  }, 120_000)

  test('[W8] after ten switches of rooms at most 5 MB and 100 nodes are left', async () => {
    const { page, hear, holds, context } = await aMeasuredPage('Switch')
    const headers = { origin: place.origin }
    await context.request.post(`${place.origin}/api/rooms`, { data: { name: 'Other' }, headers })
    await page.reload()
    await page.locator('.emoji-button').waitFor()
    await hear(...messages(1, 100))
    // By locators alone: a handle of an element holds its screen.
    const shows = async (room: string) => {
      await page.getByLabel(`Messages in ${room}`).waitFor()
      await page.locator('.emoji-button').waitFor()
    }
    await page.click('.side a[href="/chat/other"]')
    await shows('Other')
    const both = async () => {
      await page.goBack()
      await shows('lobby')
      await page.goForward()
      await shows('Other')
    }
    for (const _ of [1, 2, 3]) await both()
    let before = await holds()
    await eventually(
      'the screens before them are gone',
      async () => {
        const { nodes } = before
        before = await holds()
        return Math.abs(before.nodes - nodes) < 10
      },
      20_000,
    )
    for (const _ of [1, 2, 3, 4, 5]) await both()
    // What is spoken, said in a line or asked for holds its screen for some seconds more.
    const after = await eventually(
      'the screens that were left are gone',
      async () => {
        const now = await holds()
        return now.nodes - before.nodes <= 100 ? now : null
      },
      20_000,
    )
    console.log('[W8] 10 switches:', { before, after })
    expect(after.heap - before.heap).toBeLessThanOrEqual(5)
    await context.close()
  }, 120_000)
})
