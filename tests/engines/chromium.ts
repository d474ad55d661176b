/** Chromium as the other browser tests start it, but with scrollbars, which headless Chromium hides (A34). */
import { chromium as playwright } from 'playwright-core'
import { browserFound } from '../support/browser/browser.ts'
import type { Start } from './engine.ts'

/** null where no Chromium is installed or packed */
export const chromium: Start | null = browserFound === null ? null : () => startChromium(browserFound!)

async function startChromium({ path, args }: { path: string; args: string[] }): ReturnType<Start> {
  const browser = await playwright.launch({
    executablePath: path,
    args,
    ignoreDefaultArgs: ['--hide-scrollbars'],
  })
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  return {
    name: `chromium/${browser.version()}`,
    tab: {
      open: async (url) => void (await page.goto(url)),
      ask: (question, ...args) => page.evaluate(`(${String(question)})(...${JSON.stringify(args)})`),
      click: (selector) => page.locator(selector).first().click(),
      press: (key) => page.keyboard.press(key),
      type: (text) => page.keyboard.type(text),
      picture: (file) => page.screenshot({ path: file }),
    },
    close: () => browser.close(),
  }
}
