/** What keeps a screen from being readable and usable, measured in the page. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

/** Text as far apart as WCAG 1.4.12 lets a reader space it. */
const SPACED =
  '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }'

/**
 * The faults of the screen as it is: text with too little contrast in light, dark or more contrast, content wider than the
 * window although its text is spaced, violations found by axe, and whatever the page's policy refused so far.
 * @param narrow another window, in which axe looks, too, and which the content must fit
 */
export async function faultsOf(
  page: Page,
  refused: string[],
  narrow: { width: number; height: number },
): Promise<unknown[]> {
  const wrong: unknown[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, contrast: 'no-preference' })
    wrong.push(...(await page.evaluate(tooFaint, { text: 4.5, large: 3 })))
    await page.emulateMedia({ colorScheme, contrast: 'more' })
    wrong.push(...(await page.evaluate(tooFaint, { text: 7, large: 7 })))
  }
  await page.emulateMedia({ colorScheme: 'light', contrast: 'no-preference' })
  const own = page.viewportSize() ?? narrow
  for (const viewport of [narrow, own]) {
    await page.setViewportSize(viewport)
    const over = await page.evaluate((spaced) => {
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(spaced)
      document.adoptedStyleSheets = [sheet]
      const { scrollWidth, clientWidth } = document.documentElement
      document.adoptedStyleSheets = []
      return scrollWidth - clientWidth
    }, SPACED)
    if (over > 0) wrong.push(`${over} px too wide at ${viewport.width}`)
    wrong.push(...refused, ...(await violationsOf(page)).map((fault) => [viewport.width, ...fault]))
    // The policy refuses what axe itself injects.
    refused.length = 0
  }
  return wrong
}

/**
 * What axe finds. Contrast is measured apart, in both themes; its other rules do not look at colours. One experimental rule
 * finds what people who speak to their computer cannot say.
 */
async function violationsOf(page: Page): Promise<unknown[][]> {
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .options({
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      rules: { 'color-contrast': { enabled: false }, 'label-content-name-mismatch': { enabled: true } },
    })
    .analyze()
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html).slice(0, 3)])
}

/** Runs in the page. Finds text whose contrast with the colours painted behind it is too low. */
function tooFaint(least: { text: number; large: number }): string[] {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 1
  const paint = canvas.getContext('2d', { willReadFrequently: true })
  if (paint === null) throw new TypeError('no canvas')
  const rgba = (colours: string[]): number[] => {
    paint.clearRect(0, 0, 1, 1)
    for (const colour of colours) {
      paint.fillStyle = colour
      paint.fillRect(0, 0, 1, 1)
    }
    return [...paint.getImageData(0, 0, 1, 1).data]
  }
  const luminance = ([r = 0, g = 0, b = 0]: number[]) => {
    const [x = 0, y = 0, z = 0] = [r, g, b].map((value) => {
      const part = value / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const wrong: string[] = []
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const element = node.parentElement
    if (
      element === null ||
      node.textContent?.trim() === '' ||
      !element.checkVisibility({ visibilityProperty: true })
    )
      continue
    if (element.closest('noscript, .sr-only[aria-live], [inert]') !== null) continue
    const grounds: string[] = []
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      grounds.unshift(getComputedStyle(at).backgroundColor)
      if (at.matches('dialog, [popover], .panel, .pill, .list-bars')) break
    }
    const style = getComputedStyle(element)
    const ground = rgba(grounds)
    const [front, back] = [luminance(rgba([...grounds, style.color])), luminance(ground)]
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05)
    const large = Number.parseFloat(style.fontSize) >= 24
    if (ratio < (large ? least.large : least.text))
      wrong.push(`${ratio.toFixed(2)} ${node.textContent?.slice(0, 40)}`)
  }
  return wrong
}
