import { existsSync } from 'node:fs'
import { afterAll, beforeEach, setDefaultTimeout } from 'bun:test'
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

interface Found {
  path: string
  args: string[]
}

/** The browser that CHROME names, else an installed one, else the one of a package; null if there is none. */
async function found(): Promise<Found | null> {
  const named = process.env.CHROME
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`CHROME names ${named}, which is not there`)
    return { path: named, args: ARGS }
  }
  for (const name of INSTALLED) {
    const path = Bun.which(name)
    if (path !== null) return { path, args: ARGS }
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') return null
  try {
    // The package unpacks its own libraries only where it takes this for a place that lacks them.
    process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs22.x'
    const { default: packed } = await import('@sparticuz/chromium')
    // Not with the package's own arguments: in one process a second person's page ends the browser, and it would check
    // nothing of what keeps sites apart.
    return { path: await packed.executablePath(), args: ['--headless=shell', ...ARGS] }
  } catch (error) {
    console.error('the packed browser does not unpack:', error)
    return null
  }
}

export const browserFound = await found()
if (browserFound === null)
  console.error(
    '\nNO BROWSER: the tests in a real browser are SKIPPED. Set CHROME to the path of a Chromium.\n',
  )

/**
 * One browser for the tests of a file; `.browser` throws outside of them. Bun ends the processes of a test that takes too
 * long, so the next test may need another one.
 */
export function useBrowser(): { readonly browser: Browser } {
  let browser: Browser | null = null
  // A browser on a busy machine takes seconds for what takes it moments otherwise.
  setDefaultTimeout(60_000)
  beforeEach(async () => {
    if (browserFound === null || browser?.isConnected()) return
    browser = await chromium.launch({ executablePath: browserFound.path, args: browserFound.args })
  }, 60_000)
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
