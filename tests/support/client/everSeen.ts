import type { Page } from 'playwright-core'

/**
 * Records a value of the page whenever it changes, for states that may pass before a test can look.
 * @param read runs in the page after each change of the document
 * @returns the values so far, without repetitions
 */
export async function everSeen(page: Page, read: () => string): Promise<() => Promise<string[]>> {
  const name = `seen-${crypto.randomUUID()}`
  await page.evaluate(`(() => {
    const read = ${read.toString()}
    const seen = [read()]
    window[${JSON.stringify(name)}] = seen
    const look = () => { if (seen.at(-1) !== read()) seen.push(read()) }
    const all = { subtree: true, childList: true, characterData: true, attributes: true }
    new MutationObserver(look).observe(document, all)
  })()`)
  return () => page.evaluate((key) => Reflect.get(window, key) as string[], name)
}
