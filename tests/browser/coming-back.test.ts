import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { faultProxy, type Proxy } from '../chaos/network/proxy.ts'
import { chance } from '../chaos/random.ts'
import { timed } from '../support/aMeasure.ts'
import { usePlace } from '../support/server/aPlace.ts'
import { isKept, stopWriting } from '../support/client/aScreen.ts'
import { browserFound, useBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/eventually.ts'

/** ms from waking to the newest message on screen */
const FRESH = 2_000
const MINUTE = 60_000
/** Shorter than what a page waits for an answer (3 s). */
const STEP = 2_500
/** ms for a whole test on a busy machine */
const PATIENCE = 120_000

describe.skipIf(browserFound === null)('a page that was away', () => {
  const running = useBrowser()
  const place = usePlace()
  let proxy: Proxy | null = null
  let contexts: BrowserContext[] = []
  let people = 0

  beforeAll(async () => {
    if (browserFound !== null) proxy = await faultProxy(Number(new URL(place.origin).port), chance(14))
  })
  afterEach(async () => {
    proxy?.heal()
    for (const context of contexts) await context.close()
    contexts = []
  })
  afterAll(() => proxy?.close())

  /** Somebody new in the lobby, whose network can be broken; their clock can be moved. */
  const ada = () => somebody(`http://127.0.0.1:${proxy?.port}`)

  async function somebody(origin = place.origin) {
    const context = await running.browser.newContext()
    context.setDefaultTimeout(20_000)
    contexts.push(context)
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
    await page.getByLabel('Your name').fill(`Reader ${people}`)
    await page.keyboard.press('Enter')
    await page.locator('textarea').waitFor()
    await say(page, `reader ${people} is here`)
    await acknowledged(page)
    return { page, wire }
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.locator('textarea').fill(text)
    await page.keyboard.press('Control+Enter')
  }

  const shown = (page: Page) => page.locator('.message .text').allTextContents()
  const acknowledged = (page: Page) =>
    eventually(
      'every message acknowledged',
      async () =>
        (await page.locator('.message').count()) > 0 &&
        (await page.locator('.message[data-status=sent], .message[data-status=queued]').count()) === 0,
      30_000,
    )

  /** What the server has stored, newest last. */
  const stored = (page: Page) =>
    page.evaluate(async () => {
      const answer = await fetch('/api/rooms/lobby/messages?limit=100')
      return ((await answer.json()) as { messages: { text: string }[] }).messages.map(({ text }) => text)
    })

  /** The rows on screen are the end of the log, and each text of mine stands there once, in this order. */
  async function showsTheLog(page: Page, mine: readonly string[], ms = 30_000): Promise<void> {
    const own = (texts: readonly string[]) => texts.filter((text) => mine.includes(text)).join('\n')
    await eventually('my texts on screen', async () => own(await shown(page)) === mine.join('\n'), ms)
    let askedAt = 0
    await eventually(
      'the log on screen',
      async () => {
        // History is not to be asked for more often than a person does.
        if (performance.now() - askedAt < 500) return false
        askedAt = performance.now()
        const [rows, log] = [await shown(page), await stored(page)]
        return rows.join('\n') === log.slice(-rows.length).join('\n') && own(log) === mine.join('\n')
      },
      ms,
    )
  }

  /** Whether the page can be seen, as it hears of it. */
  const seen = (page: Page, isSeen: boolean) =>
    page.evaluate((visible) => {
      Object.defineProperty(document, 'hidden', { value: !visible, configurable: true })
      const state = visible ? 'visible' : 'hidden'
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, isSeen)

  /** ms until the text is on screen */
  async function until(page: Page, text: string): Promise<number> {
    return (await timed(() => page.getByText(text, { exact: true }).waitFor())).ms
  }

  test(
    '[R14, U54] after 90 seconds of sleep on a dead connection the newest message is there in 2 seconds',
    async () => {
      const reader = await ada()
      const writer = await somebody()
      proxy?.blackHoleAll()
      await say(writer.page, 'said while you slept')
      await acknowledged(writer.page)
      await reader.page.clock.fastForward(1.5 * MINUTE)
      expect(await until(reader.page, 'said while you slept')).toBeLessThan(FRESH)
      // What else the page asks must not wait for a connection that will never answer.
      proxy?.heal()
      await showsTheLog(reader.page, ['said while you slept'])
    },
    PATIENCE,
  )

  test('[R14] a page that was frozen shows what it missed within 2 seconds', async () => {
    const reader = await ada()
    const writer = await somebody()
    const session = await reader.page.context().newCDPSession(reader.page)
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    const texts = ['first of the freeze', 'second of the freeze', 'third of the freeze']
    for (const text of texts) await say(writer.page, text)
    await acknowledged(writer.page)
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    expect(await until(reader.page, 'third of the freeze')).toBeLessThan(FRESH)
    await showsTheLog(reader.page, texts)
  })

  test(
    '[R14] hidden for six minutes it is still connected, and nothing is missing',
    async () => {
      const reader = await ada()
      const writer = await somebody()
      await seen(reader.page, false)
      // Its clock stands between the steps: what it has asked must be answered before the next one.
      await reader.page.clock.pauseAt((await reader.page.evaluate(() => Date.now())) + STEP)
      for (let passed = 0; passed < 6 * MINUTE; passed += STEP) {
        await reader.page.clock.runFor(STEP)
        await reader.page.evaluate(async () => (await fetch('/healthz')).status)
        await eventually('an answer', () => !reader.wire.asks, 10_000)
        if (passed % MINUTE === 0) await say(writer.page, `minute ${passed / MINUTE}`)
      }
      await reader.page.clock.resume()
      await seen(reader.page, true)
      expect(await until(reader.page, 'minute 5')).toBeLessThan(FRESH)
      expect(reader.wire.sockets).toBe(1)
      await showsTheLog(
        reader.page,
        Array.from({ length: 6 }, (_, minute) => `minute ${minute}`),
      )
    },
    PATIENCE,
  )

  test(
    '[R14, U47] offline, and reloaded in the middle of sending: everything arrives once and in order',
    async () => {
      const { page } = await ada()
      // What is lost here is lost in the moment of the reload, and not in each.
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
    },
    PATIENCE,
  )

  test(
    '[R14, R21, U47] a page reloaded while the device still writes what was said loses none of it',
    async () => {
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
        await eventually('the draft', async () => (await page.locator('textarea').inputValue()) === draft)
        await acknowledged(page)
        expect(
          await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('unsent'))),
        ).toEqual([])
      }
    },
    PATIENCE,
  )

  test('[R14, R21] a tab that is closed while the device still writes leaves it to the next one', async () => {
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

  test('[U34] a page reloaded in the moment of the last key has the whole draft', async () => {
    const { page } = await ada()
    for (const text of ['a first thought', 'another one', 'and the last']) {
      await page.locator('textarea').fill(text)
      await page.reload()
      await eventually('the draft', async () => (await page.locator('textarea').inputValue()) === text)
    }
  })

  test(
    '[R14, U34] a page that crashes loses nothing: another tab of the person sends what it had not',
    async () => {
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
    },
    PATIENCE,
  )

  test('[R14] two tabs of one person send at once over a network that is cut: each text once, each tab in its order', async () => {
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
