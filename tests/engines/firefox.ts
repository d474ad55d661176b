/** Firefox over WebDriver BiDi. It needs no display. */
import puppeteer, { type KeyInput } from 'puppeteer-core'
import type { Start } from './engine.ts'

const path = process.env['FIREFOX'] ?? Bun.which('firefox-esr') ?? Bun.which('firefox')

/** null where no Firefox is installed */
export const firefox: ((prefs?: Record<string, number>) => ReturnType<Start>) | null =
  path === null ? null : (prefs) => startFirefox(path, prefs)

/** @param prefs further ones of `about:config` */
async function startFirefox(executablePath: string, prefs: Record<string, number> = {}): ReturnType<Start> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    defaultViewport: { width: 1280, height: 800 },
    // Headless Firefox has no pointer. 6: a mouse that hovers.
    extraPrefsFirefox: { 'ui.primaryPointerCapabilities': 6, 'ui.allPointerCapabilities': 6, ...prefs },
  })
  const page = await browser.newPage()
  return {
    name: await browser.version(),
    tab: {
      open: async (url) => void (await page.goto(url)),
      ask: async (question, ...args) => (await page.evaluate(question as never, ...args)) as never,
      click: (selector) => page.click(selector),
      press: (key) => page.keyboard.press(key as KeyInput),
      type: (text) => page.keyboard.type(text),
      picture: (file) => page.screenshot({ path: file as `${string}.png` }),
    },
    close: () => browser.close(),
  }
}
