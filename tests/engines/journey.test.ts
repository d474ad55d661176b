/** The main journeys in Chromium, Firefox and WebKit (A35). An engine that is not installed is skipped by its name. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import { aClient } from '../support/server/aClient.ts'
import { usePlace } from '../support/server/aPlace.ts'
import { chromium } from './chromium.ts'
import type { Engine } from './engine.ts'
import { firefox } from './firefox.ts'
import { webkit } from './webkit.ts'

setDefaultTimeout(60_000)

const engines = Object.entries({ chromium, firefox, webkit })

describe.each(engines)('%s', (_name, start) => {
  describe.skipIf(start === null)('journeys', () => {
    const place = usePlace()
    let engine: Engine
    let bob: Awaited<ReturnType<ReturnType<typeof aClient>['enter']>>
    beforeAll(async () => {
      engine = await start!()
      bob = await aClient(place.origin).enter('Bob')
      await bob.actions.makeRoom('Design')
    }, 60_000)
    afterAll(async () => {
      bob?.end()
      await engine?.close()
    })

    /** Waits until the page's text contains this. */
    const shows = (text: string) =>
      eventually(`“${text}” on screen`, () =>
        engine.tab.ask((wanted: string) => document.body.textContent?.includes(wanted) ?? false, text),
      )
    const present = (selector: string) =>
      eventually(selector, () =>
        engine.tab.ask((wanted: string) => document.querySelector(wanted) !== null, selector),
      )
    const gone = (selector: string) =>
      eventually(`no ${selector}`, () =>
        engine.tab.ask((wanted: string) => document.querySelector(wanted) === null, selector),
      )
    const focusOn = (selector: string) =>
      eventually(`the focus on ${selector}`, () =>
        engine.tab.ask((wanted: string) => document.activeElement?.matches(wanted) ?? false, selector),
      )
    const heard = (text: string) =>
      eventually(`Bob reads “${text}”`, () => bob.room().rows.some((row) => row.text === text))
    const say = async (text: string) => {
      await engine.tab.type(text)
      await engine.tab.press('Enter')
      await heard(text)
    }

    test('[A35] two keys beside the words lead from the start page to a message, and others read it', async () => {
      const { tab } = engine
      await tab.open(place.origin)
      await focusOn('input')
      await tab.type('Ada')
      await tab.press('Enter')
      await focusOn('textarea')
      await say('Hello')
      bob.actions.send('lobby', 'Hello Ada')
      await shows('Hello Ada')
    })

    test('[A35] Markdown is drawn, and a message is changed with the arrow key', async () => {
      const { tab } = engine
      await say('**bold** and https://example.org/_a_')
      await present('.message strong')
      await present('.message a[href="https://example.org/_a_"]')
      await eventually('the ack', () =>
        tab.ask(() => [...document.querySelectorAll('.message')].at(-1)?.getAttribute('data-stage') === ''),
      )
      await tab.press('ArrowUp')
      await tab.type('!')
      await tab.press('Enter')
      await heard('**bold** and https://example.org/_a_!')
      await present('.message time[title].inline')
    })

    test('[A35] a question is as high as what is in it, asks before it signs out, and Escape closes it', async () => {
      const { tab } = engine
      await tab.click('.head [popovertarget]')
      await present('.menu button')
      await tab.ask(() => {
        const entries = [...document.querySelectorAll<HTMLElement>('.menu button')]
        entries.find(({ textContent }) => textContent === 'Sign out')?.click()
      })
      await present('dialog[open]')
      const { height, buttons } = await tab.ask(() => {
        const dialog = document.querySelector('dialog[open]')!
        const heights = Array.from(dialog.querySelectorAll('button'), (one) => one.offsetHeight)
        return { height: dialog.getBoundingClientRect().height, buttons: Math.max(...heights) }
      })
      expect(height).toBeLessThan(450)
      expect(buttons).toBeLessThanOrEqual(56)
      await tab.press('Escape')
      await gone('dialog[open]')
      await tab.click('textarea')
      await focusOn('textarea')
    })

    test('[A34] the page itself never scrolls, and the composer has no scrollbar', async () => {
      const [page, box] = await engine.tab.ask(() => {
        const root = document.documentElement
        const field = document.querySelector('textarea')!
        return [root.scrollHeight - root.clientHeight, field.scrollHeight - field.clientHeight]
      })
      expect(page).toBe(0)
      expect(box).toBeLessThanOrEqual(0)
    })

    test('[U238] undo gives back the letters that an emoji replaced, and the caret stands behind them', async () => {
      const { tab } = engine
      const holds = (text: string) =>
        eventually(`“${text}” in the composer`, () =>
          tab.ask((wanted: string) => document.querySelector('textarea')?.value === wanted, text),
        )
      await tab.type('a :tad')
      await present('[role=option]')
      await tab.type('a:')
      await holds('a 🎉')
      await tab.ask(() => document.execCommand('undo'))
      await holds('a :tada:')
      await tab.type('!')
      await holds('a :tada:!')
      await tab.press('Enter')
      await heard('a :tada:!')
    })

    test('[A35] a draft outlives a reload at once, and so does the place', async () => {
      const { tab } = engine
      await tab.type('not yet se')
      await tab.type('nt')
      await tab.open(`${place.origin}/chat/lobby`)
      await eventually('the draft', () =>
        tab.ask(() => document.querySelector('textarea')?.value === 'not yet sent'),
      )
      await focusOn('textarea')
      await tab.press('Enter')
      await heard('not yet sent')
    })

    test('[A35] an address of a message leads to it, Jump to latest back to the end, where new messages follow', async () => {
      const { tab } = engine
      const tall = (number: number) => `number ${number}\n${'and more\n'.repeat(12)}`
      for (let number = 1; number <= 8; number += 1) bob.actions.send('lobby', tall(number))
      await shows('number 8')
      await tab.open(`${place.origin}/chat/lobby/2`)
      await shows('Hello Ada')
      const isInView = (text: string) =>
        tab.ask((wanted: string) => {
          const rows = [...document.querySelectorAll('.message')]
          const box = rows.find((row) => row.textContent?.includes(wanted))?.getBoundingClientRect()
          return box !== undefined && box.top >= 0 && box.bottom <= innerHeight
        }, text)
      await eventually('the message in view', () => isInView('Hello Ada'))
      await tab.click('.pill')
      bob.actions.send('lobby', 'the very last')
      await eventually('the newest in view', () => isInView('the very last'))
    })

    test('[A9] Back returns the focus to the link that was followed', async () => {
      const { tab } = engine
      await tab.open(`${place.origin}/chat/lobby`)
      await focusOn('textarea')
      const link = '.side a[href="/chat/design"]'
      await present(link)
      await tab.ask((wanted: string) => document.querySelector<HTMLElement>(wanted)?.focus(), link)
      await tab.press('Enter')
      await eventually('the other room', () => tab.ask(() => location.pathname === '/chat/design'))
      await focusOn('textarea')
      await tab.ask(() => history.back())
      await focusOn(link)
    })

    test('[A35] right to left the page stays as wide as the window', async () => {
      const { tab } = engine
      await tab.open(`${place.origin}/chat/lobby`)
      await present('textarea')
      const wider = await tab.ask(() => {
        document.documentElement.dir = 'rtl'
        return document.documentElement.scrollWidth - document.documentElement.clientWidth
      })
      expect(wider).toBe(0)
    })
  })
})
