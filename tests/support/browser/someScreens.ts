import type { Page } from 'playwright-core'
import type { Message } from '../../../src/shared/model.ts'
import type { Told } from '../client/aScreen.ts'
import { said } from '../client/aState.ts'
import { PEOPLE, talk } from '../someTalk.ts'

/** The authors of `talk`, all online. */
export const everybody = PEOPLE.map((user) => ({ ...user, state: 'active' as const }))
/** The same people, the last two away. */
export const here = everybody.map((person, at) => (at > 4 ? { ...person, state: 'idle' as const } : person))
/** A lobby with 60 messages. */
export const toLobby: Told = { events: [...talk(1, 59), mentioning(60)], people: here }

/** A message that mentions two people. */
function mentioning(seq: number): Message {
  const mentions = PEOPLE.slice(0, 2).map(({ id, name }, n) => ({
    user: id,
    at: 5 * n,
    length: name.length + 1,
  }))
  return said(seq, { text: '@Ada @Bob Kowalski', mentions, at: Date.now() })
}

export async function openSettings(page: Page): Promise<void> {
  await page.click('.head [popovertarget]')
  await page.click('text=Settings')
  await page.waitForSelector('dialog .settings')
}

/** Opens the rooms or the people, if they are closed. */
export async function openPanel(page: Page, id: 'sidebar' | 'people'): Promise<void> {
  const toggle = page.locator(`[aria-controls=${id}]`)
  if ((await toggle.getAttribute('aria-expanded')) === 'false') await toggle.click()
  await page.waitForFunction((panel) => {
    const element = document.getElementById(panel)
    if (element === null) return false
    return getComputedStyle(element).visibility === 'visible' && element.getAnimations().length === 0
  }, id)
}
