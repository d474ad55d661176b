import type { Page } from 'playwright-core'
import { clockOf, messages } from './aMeasure.ts'

/** In one turn. */
const BURST = 1_000

/** Runs in the page: from hearing these until the last of them is painted, ms. */
async function burst({ frames, last }: { frames: readonly string[]; last: string }): Promise<number> {
  const from = performance.now()
  window.hear(frames)
  for (;;) {
    await window.painted()
    const all = document.querySelectorAll('.message .text')
    if (all[all.length - 1]?.textContent?.startsWith(last)) return performance.now() - from
  }
}

/** Runs in the page: 400 rows with nothing behind them, in a list like ours; until they are painted, ms. */
async function bareRows(): Promise<number> {
  const log = document.createElement('div')
  log.className = 'log'
  const column = document.createElement('div')
  column.className = 'column'
  log.append(column)
  document.querySelector('.stage')?.append(log)
  await new Promise((done) => requestAnimationFrame(done))
  const from = performance.now()
  for (let at = 0; at < 400; at += 1) {
    const [row, who, name, time, text] = ['article', 'div', 'strong', 'time', 'div'].map((tag) =>
      document.createElement(tag),
    ) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement]
    row.className = 'message'
    who.className = 'who'
    name.className = 'name'
    text.className = 'text'
    name.textContent = `Name ${at % 7}`
    time.textContent = '14:02'
    text.textContent = `text ${at}`
    who.append(name, time)
    row.append(who, text)
    column.append(row)
  }
  log.scrollTop = log.scrollHeight
  await window.painted()
  const took = performance.now() - from
  log.remove()
  return took
}

/**
 * A thousand messages at once, on a page that `aWiredPage` made.
 * @param round from 1, counted on one page: each goes on where the one before ended
 * @returns ms of its thread's work for 400 bare rows and for the messages, and ms until these were painted
 */
export async function aBurst(
  page: Page,
  round: number,
): Promise<{ bare: number; work: number; painted: number }> {
  const { client, clock } = await clockOf(page)
  const bare = (await clock(() => page.evaluate(bareRows))).work
  const frames = messages((round - 1) * BURST + 1, BURST).map((frame) => JSON.stringify(frame))
  const { work, answer } = await clock(() => page.evaluate(burst, { frames, last: `text ${round * BURST}` }))
  await client.detach()
  return { bare, work, painted: answer }
}
