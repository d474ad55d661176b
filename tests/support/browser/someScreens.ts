import type { Page } from 'playwright-core'
import type { Told } from '../client/aScreen.ts'
import { PEOPLE, talk } from '../someTalk.ts'

/** The authors of `talk`, all online. */
export const everybody = PEOPLE.map((user) => ({ ...user, state: 'active' as const }))
/** The same people, the last two away. */
export const here = everybody.map((person, at) => (at > 4 ? { ...person, state: 'idle' as const } : person))
/** A lobby with 60 messages. */
export const toLobby: Told = { events: talk(1, 60), people: here }

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
