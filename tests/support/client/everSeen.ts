import type { Page } from 'playwright-core'

/**
 * Notes all that something in the page is from now on, however shortly: for states that may be over before anybody asks.
 * @param read runs in the page, after each of its changes
 * @returns what it was so far, each once in a row
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
