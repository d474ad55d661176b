import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { faultProxy, type Proxy } from '../chaos/network/proxy.ts'
import { chance } from '../chaos/random.ts'
import { timed } from '../support/aMeasure.ts'
import { usePlace } from '../support/server/aPlace.ts'
import {
  acknowledged,
  hasDraft,
  isKept,
  say,
  signIn,
  stopWriting,
  textsOn,
} from '../support/client/aScreen.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/eventually.ts'

/** ms from waking up to the newest message on screen */
const FRESH = 2_000
const MINUTE = 60_000
/** ms that the page's clock moves at a time: less than the 3 s that the page waits for an answer */
const STEP = 2_500

setDefaultTimeout(120_000)

describe.skipIf(browserFound === null)('a page that was away', () => {
  const running = useBrowser()
  const place = usePlace()
  let proxy: Proxy | null = null
  let people = 0

  beforeAll(async () => {
    if (browserFound !== null) proxy = await faultProxy(Number(new URL(place.origin).port), chance(14))
  })
  afterEach(() => proxy?.heal())
  afterAll(() => proxy?.close())

  /** A newcomer in the lobby, behind the proxy that can break the network. */
  const ada = () => aPerson(`http://127.0.0.1:${proxy?.port}`)

  /** A newcomer in the lobby whose clock the test can move. */
  async function aPerson(origin = place.origin) {
    const context = await running.browser.newContext()
    context.setDefaultTimeout(20_000)
    const page = await context.newPage()
    await page.clock.install()
    const wire = { sockets: 0, asks: false, owes: false }
    page.on('websocket', (socket) => {
      const isBeat = ({ payload }: { payload: string | Buffer }) =>
        String(payload).startsWith('{"type":"beat"')
      wire.sockets += 1
      socket.on('framesent', (frame) => {
        if (!isBeat(frame)) return
        wire.asks = !wire.owes
        wire.owes = false
      })
      socket.on('framereceived', (frame) => {
        if (isBeat(frame)) Object.assign(wire, { asks: false, owes: true })
      })
    })
    await page.goto(`${origin}/chat/lobby`)
    people += 1
    await signIn(page, `Reader ${people}`)
    await say(page, `reader ${people} is here`)
    await acknowledged(page)
    return { page, wire }
  }

  /** The texts that the server has stored, newest last. */
  const stored = (page: Page) =>
    page.evaluate(async () => {
      const answer = await fetch('/api/rooms/lobby/messages?limit=100')
      return ((await answer.json()) as { messages: { text: string }[] }).messages.map(({ text }) => text)
    })

  /** Waits until the rows on screen are the end of the log, with each of these texts once and in this order. */
  async function showsTheLog(page: Page, mine: readonly string[], ms = 30_000): Promise<void> {
    const own = (texts: readonly string[]) => texts.filter((text) => mine.includes(text)).join('\n')
    await eventually('my texts on screen', async () => own(await textsOn(page)) === mine.join('\n'), ms)
    let askedAt = 0
    await eventually(
      'the log on screen',
      async () => {
        // Below the server's limit for requests of history.
        if (performance.now() - askedAt < 500) return false
        askedAt = performance.now()
        const [rows, log] = [await textsOn(page), await stored(page)]
        return rows.join('\n') === log.slice(-rows.length).join('\n') && own(log) === mine.join('\n')
      },
      ms,
    )
  }

  /** Tells the page that it is visible, or hidden. */
  const setVisible = (page: Page, isVisible: boolean) =>
    page.evaluate((visible) => {
      Object.defineProperty(document, 'hidden', { value: !visible, configurable: true })
      const state = visible ? 'visible' : 'hidden'
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, isVisible)

  /** ms until the text is on screen */
  const timeUntil = async (page: Page, text: string) =>
    (await timed(() => page.getByText(text, { exact: true }).waitFor())).ms

  test('[R14, U54] after 90 seconds of sleep on a dead connection the newest message shows within 2 seconds', async () => {
    const reader = await ada()
    const writer = await aPerson()
    proxy?.blackHoleAll()
    await say(writer.page, 'said while you slept')
    await acknowledged(writer.page)
    await reader.page.clock.fastForward(1.5 * MINUTE)
    expect(await timeUntil(reader.page, 'said while you slept')).toBeLessThan(FRESH)
    // Other requests of the page must not wait for a connection that never answers.
    proxy?.heal()
    await showsTheLog(reader.page, ['said while you slept'])
  })

  test('[R14] a page that was frozen shows what it missed within 2 seconds', async () => {
    const reader = await ada()
    const writer = await aPerson()
    const session = await reader.page.context().newCDPSession(reader.page)
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    const texts = ['first of the freeze', 'second of the freeze', 'third of the freeze']
    for (const text of texts) await say(writer.page, text)
    await acknowledged(writer.page)
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    expect(await timeUntil(reader.page, 'third of the freeze')).toBeLessThan(FRESH)
    await showsTheLog(reader.page, texts)
  })

  test('[R14] a page hidden for six minutes is still connected and misses nothing', async () => {
    const reader = await ada()
    const writer = await aPerson()
    await setVisible(reader.page, false)
    // The page's clock stands between the steps, so its requests are answered before the next one.
    await reader.page.clock.pauseAt((await reader.page.evaluate(() => Date.now())) + STEP)
    for (let passed = 0; passed < 6 * MINUTE; passed += STEP) {
      await reader.page.clock.runFor(STEP)
      await reader.page.evaluate(async () => (await fetch('/healthz')).status)
      await eventually('an answer', () => !reader.wire.asks, 10_000)
      if (passed % MINUTE === 0) await say(writer.page, `minute ${passed / MINUTE}`)
    }
    await reader.page.clock.resume()
    await setVisible(reader.page, true)
    expect(await timeUntil(reader.page, 'minute 5')).toBeLessThan(FRESH)
    expect(reader.wire.sockets).toBe(1)
    await showsTheLog(
      reader.page,
      Array.from({ length: 6 }, (_, minute) => `minute ${minute}`),
    )
  })

  test('[R14, U47] messages of a page that was offline and reloaded while sending arrive once and in order', async () => {
    const { page } = await ada()
    // The moment of the reload matters, so it is tried more than once.
    for (let round = 0; round < 5; round += 1) {
      const texts = Array.from({ length: 6 }, (_, at) => `round ${round}, text ${at}`)
      await page.context().setOffline(true)
      for (const text of texts.slice(0, 3)) await say(page, text)
      await page.context().setOffline(false)
      for (const text of texts.slice(3)) await say(page, text)
      await page.reload()
      await showsTheLog(page, texts)
      await acknowledged(page)
    }
  })

  test('[R14, R21, U47, U34] a page reloaded before the device has stored its messages and its draft loses nothing', async () => {
    const { page } = await ada()
    const said: string[] = []
    for (const stuck of [true, false, false, true, false, false, false, false]) {
      if (stuck) await stopWriting(page)
      const texts = Array.from({ length: 3 }, (_, at) => `text ${said.length + at}`)
      for (const text of texts) await say(page, text)
      said.push(...texts)
      const draft = `half a thought after ${said.length}`
      await page.locator('textarea').fill(draft)
      if (stuck) expect(await isKept(page, draft)).toBe(false)
      await page.reload()
      await showsTheLog(page, said)
      await hasDraft(page, draft)
      await acknowledged(page)
      expect(
        await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('unsent'))),
      ).toEqual([])
    }
  })

  test('[R14, R21] a tab closed before the device has stored its messages leaves them to the next tab', async () => {
    const { page } = await ada()
    await stopWriting(page)
    await say(page, 'said and closed')
    await page.locator('textarea').fill('half a thought')
    const { origin } = new URL(page.url())
    const other = await page.context().newPage()
    await page.close({ runBeforeUnload: true })
    await other.goto(`${origin}/chat/lobby`)
    await showsTheLog(other, ['said and closed'], 45_000)
    await eventually('the draft', async () => {
      await other.reload()
      await other.locator('textarea').waitFor()
      return (await other.locator('textarea').inputValue()) === 'half a thought'
    })
  })

  test('[R14, U34] another tab of the same person sends what a crashed page had not sent', async () => {
    const { page } = await ada()
    const context = page.context()
    const texts = Array.from({ length: 4 }, (_, at) => `before the crash ${at}`)
    proxy?.blackHoleAll()
    for (const text of texts) await say(page, text)
    await page.getByText(texts.at(-1) ?? '', { exact: true }).waitFor()
    const crashed = page.waitForEvent('crash')
    const crash = page.goto('chrome://crash').catch(() => null)
    await Promise.all([crashed, crash])
    proxy?.heal()
    const other = await context.newPage()
    await other.goto(`http://127.0.0.1:${proxy?.port}/chat/lobby`)
    await showsTheLog(other, texts, 45_000)
    await acknowledged(other)
  })

  test('[R14] two tabs that send over a failing network deliver each text once, each tab in its order', async () => {
    const { page } = await ada()
    const other = await page.context().newPage()
    await other.goto(page.url())
    await other.locator('textarea').waitFor()
    const texts = [page, other].map((_, tab) =>
      Array.from({ length: 5 }, (__, at) => `tab ${tab} says ${at}`),
    )
    const talking = [page, other].map(async (one, tab) => {
      for (const text of texts[tab] ?? []) await say(one, text)
    })
    proxy?.cutAll()
    await Promise.all(talking)
    for (const one of [page, other]) {
      await acknowledged(one)
      for (const mine of texts) await showsTheLog(one, mine)
    }
  })
})
