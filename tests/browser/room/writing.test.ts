import { describe, expect, test } from 'bun:test'
import { fromAda, useTimeline } from '../../support/browser/aTimeline.ts'
import { browserFound } from '../../support/browser/browser.ts'
import { everybody } from '../../support/browser/someScreens.ts'
import { eventually } from '../../support/eventually.ts'

describe.skipIf(browserFound === null)('a text', () => {
  const { aRoom } = useTimeline()

  async function aRoomWith(...texts: string[]) {
    const events = fromAda(1, texts.length, (seq) => ({ text: texts[seq - 1] }))
    const { page } = await aRoom({ events, people: everybody })
    await page.waitForSelector('.message')
    return page
  }

  const LONG = '```js\nlet x = 1 // ' + 'and so on, '.repeat(40) + '\n```'

  test('[U164] code gets its colours without moving anything', async () => {
    const page = await aRoomWith(LONG, 'after')
    const box = () => page.locator('.code-block').boundingBox()
    const plain = await box()
    await page.waitForSelector('.code-keyword')
    expect(await box()).toEqual(plain)
  })

  test('[U164] long lines of code scroll by the arrow keys; only a block that is too wide is a Tab stop', async () => {
    const page = await aRoomWith('```\nshort\n```', LONG)
    const code = page.locator('pre').last()
    const stops = () =>
      page.locator('pre').evaluateAll((blocks) => blocks.map((block) => (block as HTMLElement).tabIndex))
    await eventually('one stop', async () => (await stops()).join(' ') === '-1 0')
    await page.locator('.message').last().focus()
    await page.keyboard.press('ArrowRight')
    for (
      let count = 0;
      count < 3 && !(await code.evaluate((pre) => pre === document.activeElement));
      count += 1
    )
      await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await eventually('scrolled', () => code.evaluate((pre) => pre.scrollLeft > 0))
    expect(await code.evaluate((pre) => pre === document.activeElement)).toBe(true)
    const isClear = await code.evaluate((pre) => {
      pre.scrollLeft = pre.scrollWidth
      const [end, button] = [pre.firstElementChild, pre.nextElementSibling].map((part) =>
        part?.getBoundingClientRect(),
      )
      return (end?.right ?? Infinity) <= (button?.left ?? 0)
    })
    expect(isClear).toBe(true)
  })

  test('[U340] an item of a list begins at its mark, whatever its direction', async () => {
    const page = await aRoomWith('1. שלום\n2. abc', '1. abc\n2. שלום')
    const gaps = await page.locator('.text li').evaluateAll((items) =>
      items.map((item) => {
        const words = document.createRange()
        words.selectNodeContents(item)
        const [box, inner] = [item.getBoundingClientRect(), words.getBoundingClientRect()]
        return [inner.left - box.left, box.right - inner.right].map((gap) => gap < 1)
      }),
    )
    const [left, right] = [
      [true, false],
      [false, true],
    ]
    expect(gaps).toEqual([right, right, left, left])
  })

  test('[U160] code is copied where the browser offers no clipboard', async () => {
    const page = await aRoomWith('```\na *b* c\n```')
    await page.evaluate(() => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined })
      document.addEventListener('copy', () => {
        const field = document.activeElement
        document.body.dataset['copied'] = field instanceof HTMLTextAreaElement ? field.value : ''
      })
    })
    await page.click('.code-copy')
    await eventually('copied', async () => (await page.textContent('.code-copy')) === 'Copied')
    expect(await page.evaluate(() => document.body.dataset['copied'])).toBe('a *b* c')
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('code-copy')
  })

  test('[U165] stacked accents leave the rows around them as they are', async () => {
    const picture = async (text: string) => {
      const page = await aRoomWith('above', 'over', text, 'under')
      const lines = [0, 1, 3].map(async (at) => {
        const { x, y, width, height } = (await page.locator('.text').nth(at).boundingBox())!
        // Without the space for the ring of a focused link.
        return (await page.screenshot({ clip: { x, y: y + 2, width, height: height - 4 } })).toString(
          'base64',
        )
      })
      return Promise.all(lines)
    }
    expect(await picture(`a${'\u0301'.repeat(100)} e${'\u0330'.repeat(100)}`)).toEqual(await picture('a e'))
  })
})
