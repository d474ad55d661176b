import { existsSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, setDefaultTimeout } from 'bun:test'
import { chromium, type Browser } from 'playwright-core'

const INSTALLED = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The browser that CHROME names, else an installed one, else the one that a package contains; null if there is none. */
async function findBrowser(): Promise<{ path: string; args: string[] } | null> {
  const named = process.env.CHROME
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`CHROME names ${named}, which does not exist`)
    return { path: named, args: ARGS }
  }
  for (const name of INSTALLED) {
    const path = Bun.which(name)
    if (path !== null) return { path, args: ARGS }
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') return null
  try {
    // The package unpacks its own libraries only if it believes to run in AWS Lambda, which lacks them.
    process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs22.x'
    const { default: packed } = await import('@sparticuz/chromium')
    // Not the package's own arguments: they put all pages into one process, which a second context crashes, and switch off
    // site isolation.
    return { path: await packed.executablePath(), args: ['--headless=shell', ...ARGS] }
  } catch (error) {
    console.error('the packaged browser cannot be unpacked:', error)
    return null
  }
}

export const browserFound = await findBrowser()
if (browserFound === null)
  console.error(
    '\nNO BROWSER: the tests in a real browser are SKIPPED. Set CHROME to the path of a Chromium.\n',
  )

/**
 * One browser for the tests of a file; `.browser` throws outside of a test, and each test ends with its contexts closed. Bun
 * kills the processes of a test that times out, so the next test may start another browser.
 */
export function useBrowser(): { readonly browser: Browser } {
  let browser: Browser | null = null
  // On a busy machine a browser can be ten times as slow.
  setDefaultTimeout(60_000)
  beforeEach(async () => {
    if (browserFound === null || browser?.isConnected()) return
    browser = await chromium.launch({ executablePath: browserFound.path, args: browserFound.args })
  }, 60_000)
  afterEach(async () => {
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()))
  })
  afterAll(async () => {
    await browser?.close()
  })
  return {
    get browser() {
      if (browser === null) throw new Error('no browser runs')
      return browser
    },
  }
}
