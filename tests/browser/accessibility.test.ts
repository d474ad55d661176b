import { describe, expect, test } from 'bun:test'
import { aClient } from '../support/server/aClient.ts'
import { aContext, PHONE } from '../support/client/aScreen.ts'
import { heardFrom, useTimeline } from '../support/browser/aTimeline.ts'
import { browserFound } from '../support/browser/browser.ts'
import { eventually } from '../support/eventually.ts'
import { everybody, openPanel, toLobby } from '../support/browser/someScreens.ts'
import { talk } from '../support/someTalk.ts'

/** Narrow enough for a drawer, low enough that a few messages are more than a screen. */
const NARROW = { viewport: { width: 700, height: 520 } }

describe.skipIf(browserFound === null)('keyboard, focus and preferences', () => {
  const { aRoom, place, world } = useTimeline()

  test('[A24] by the keyboard alone a person joins, sends, reacts, edits, opens and closes the people, jumps to the newest, and leaves', async () => {
    const bob = await aClient(place.origin).enter('Bob')
    for (let number = 1; number <= 12; number += 1) bob.actions.send('lobby', `${number}\n\nand\n\nmore`)
    await eventually('Bob has spoken', () => bob.room().rows.filter(({ seq }) => seq !== null).length >= 12)
    const { context, refused } = await aContext(world.browser, NARROW)
    const page = await context.newPage()
    await page.goto(place.origin)
    await page.getByLabel('Your name').waitFor()

    let presses = 0
    const steps: Record<string, number> = {}
    const press = async (...keys: string[]) => {
      for (const key of keys) {
        presses += 1
        await page.keyboard.press(key)
        await page.waitForFunction(() => document.activeElement !== document.body)
      }
    }
    const step = async (name: string, keys: string[], done: () => Promise<unknown>) => {
      const before = presses
      await press(...keys)
      await done()
      steps[name] = (steps[name] ?? 0) + presses - before
    }
    const focusOn = (selector: string) =>
      page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector)
    const mine = page.locator('.message[data-own]').last()
    const distance = () =>
      page.locator('.log').evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight)

    await step('join', ['A', 'd', 'a', 'Enter'], async () => {
      await focusOn('textarea')
      await page.waitForSelector('.emoji-button')
    })
    await step('send', ['H', 'i', 'Enter'], async () => {
      await eventually('it is acknowledged', async () => (await mine.getAttribute('data-stage')) === '')
    })
    // No finger is faster than a menu that opens.
    const openMenu = (name: string, keys: string[]) => step(name, keys, () => focusOn('.menu button'))
    await openMenu('react', ['Shift+Tab', 'ArrowUp', 'Enter'])
    await step('react', ['Enter'], async () => {
      await page.waitForSelector('.message[data-own] .chip[aria-pressed=true]')
      await focusOn('.message')
    })
    await step('edit', ['Escape', 'ArrowUp', '!', 'Enter'], async () => {
      await eventually('it is edited', async () => (await mine.textContent())?.includes('Hi!'))
      await focusOn('textarea')
    })
    await step('open the people', ['F6', 'Tab', 'Enter'], () => focusOn('.people-panel [aria-label=Close]'))
    await step('close them', ['Escape'], () => focusOn('[aria-controls=people]'))
    await press('F6', 'Home')
    await page.locator('.pill').waitFor()
    await step('jump', ['Tab', 'Enter'], async () => {
      await page.locator('.pill').waitFor({ state: 'hidden' })
      await focusOn('.log')
      expect(await distance()).toBeLessThanOrEqual(1)
    })
    await openMenu('leave', ['Shift+F6', 'Tab', 'Tab', 'Enter'])
    await step('leave', [...Array<string>(4).fill('Tab'), 'Enter'], () =>
      page.waitForSelector('text=You left lobby'),
    )
    expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true)
    await page.goto('about:blank')
    await eventually('Ada is gone', () => bob.room().people.every(({ name }) => name !== 'Ada'))
    const { react = 0, edit = 0 } = steps
    expect(presses).toBeLessThanOrEqual(40)
    expect(presses - react - edit).toBeLessThanOrEqual(25)
    expect(refused).toEqual([])
    bob.end()
  })

  test('[A10, U290, U291, U292] the focus survives what goes away under it: a last reaction, a menu left by F6, and Tab keeps to an open picker; an edit is spoken, and letters find the composer', async () => {
    const { context, refused } = await aContext(world.browser, NARROW)
    const page = await context.newPage()
    await page.goto(place.origin)
    await page.getByLabel('Your name').fill('Cleo')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.emoji-button')
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
    }
    const focusOn = (selector: string) =>
      page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector)
    await page.keyboard.type('Hi')
    await press('Enter')
    const mine = page.locator('.message[data-own]').last()
    await eventually('it is acknowledged', async () => (await mine.getAttribute('data-stage')) === '')
    await press('Shift+Tab', 'ArrowUp', 'Enter')
    await focusOn('.row-menu button')
    await press('Enter')
    await page.waitForSelector('.chip[aria-pressed=true]')
    await page.focus('[data-own] .chip')
    await press('Enter')
    await page.waitForSelector('[data-own] .chip', { state: 'detached' })
    await focusOn('.message')

    await press('Enter')
    await focusOn('.row-menu button')
    await press('ArrowLeft')
    await focusOn('[aria-label="React with another emoji"]')
    await press('ArrowRight')
    await focusOn('[aria-label="React with 👍"]')
    await press('F6')
    await page.waitForSelector('.row-menu', { state: 'detached' })
    await focusOn('.composer textarea')

    await press('Tab', 'Enter')
    await focusOn('.picker input')
    await page.waitForSelector('.emoji-grid')
    await press('Shift+Tab')
    await focusOn('.emoji-grid button')
    await press('Tab')
    await focusOn('.picker input')
    await press('Escape')
    await focusOn('.emoji-button')

    const spoken = await heardFrom(page)
    const mode = () =>
      page.evaluate(() => {
        const id = document.querySelector('textarea')?.getAttribute('aria-describedby')
        return id && document.getElementById(id)?.textContent
      })
    await press('Shift+Tab', 'ArrowUp')
    await eventually('it is spoken', async () => (await spoken()).join().includes('Editing message'))
    expect(await mode()).toBe('Editing message')
    await press('Escape')
    expect(await mode()).toBe(null)

    await press('Shift+Tab', 'ArrowUp')
    await focusOn('.message')
    await page.keyboard.type('so')
    await focusOn('textarea')
    expect(await page.inputValue('textarea')).toBe('so')
    expect(refused).toEqual([])
  })

  test('[U197] F6 goes round rooms, header, messages, composer and people in the order of Tab, Shift+F6 back', async () => {
    const { page } = await aRoom(toLobby, { viewport: { width: 1280, height: 800 } })
    await page.focus('.composer textarea')
    const visit = async (key: string) => {
      await page.keyboard.press(key)
      return page.evaluate(() => {
        const parts = [...document.querySelectorAll('#sidebar, header, .log, .composer, #people')]
        return parts.findIndex((part) => part.contains(document.activeElement))
      })
    }
    const keys = [...Array<string>(5).fill('F6'), 'Shift+F6']
    const visited: number[] = []
    for (const key of keys) visited.push(await visit(key))
    expect(visited).toEqual([4, 0, 1, 2, 3, 2])
  })

  test('[V16] a row that gets the focus lies between header and composer', async () => {
    const { page } = await aRoom({ events: talk(1, 30), people: everybody }, NARROW)
    await page.waitForSelector('.emoji-button')
    await page.focus('.log')
    const hidden: string[] = []
    for (const key of [...Array<string>(12).fill('ArrowUp'), ...Array<string>(12).fill('ArrowDown')]) {
      await page.keyboard.press(key)
      const label = await page.evaluate(() => {
        const row = document.activeElement as HTMLElement
        const box = row.getBoundingClientRect()
        const log = document.querySelector('.log')!.getBoundingClientRect()
        const bottom = Math.min(log.bottom, document.querySelector('.foot')!.getBoundingClientRect().top)
        const fits = box.height <= log.height
        return fits && (box.top < log.top || box.bottom > bottom) ? row.getAttribute('aria-label') : null
      })
      if (label !== null) hidden.push(`${key}: ${label}`)
    }
    expect(hidden).toEqual([])
  })

  test('[V16] on touch every control of a room and its drawer is at least 44 px wide and high', async () => {
    const { page } = await aRoom(toLobby, PHONE)
    const small = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('button, a[href]')].flatMap((control) => {
          const box = control.getBoundingClientRect()
          // The area that takes a finger may be larger than what is drawn.
          const around = control.matches('.hit') ? getComputedStyle(control, '::after') : box
          const [width, height] = [parseFloat(String(around.width)), parseFloat(String(around.height))]
          const isShown = control.checkVisibility({ visibilityProperty: true }) && !control.matches('.skip')
          return isShown && Math.min(width, height) < 44
            ? [`${control.className} ${control.textContent} ${width}×${height}`]
            : []
        }),
      )
    for (const id of ['sidebar', 'people'] as const) {
      await openPanel(page, id)
      expect(await small()).toEqual([])
      await page.keyboard.press('Escape')
      await page.waitForSelector(`#${id}`, { state: 'hidden' })
    }
  })

  test.each(['sidebar', 'people'] as const)(
    '[B8, V13, A26] the drawer %s keeps the focus while it is open and returns it, closed by Escape, scrim, Back or button',
    async (id) => {
      const { page } = await aRoom(toLobby, PHONE)
      const toggle = page.locator(`[aria-controls=${id}]`)
      const focusOn = (selector: string) =>
        page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector)
      const isMainInert = () => page.evaluate(() => document.querySelector('main')?.inert)
      const ways: Record<string, () => Promise<unknown>> = {
        Escape: () => page.keyboard.press('Escape'),
        scrim: () => page.mouse.click(id === 'people' ? 10 : 365, 400),
        Back: () => page.goBack(),
        button: () => page.click(`#${id} [aria-label=Close]`),
      }
      for (const [way, close] of Object.entries(ways)) {
        await openPanel(page, id)
        await focusOn(`#${id} [aria-label=Close]`)
        for (let press = 0; press < 20; press += 1) {
          await page.keyboard.press('Tab')
          expect(await page.locator(`#${id} :focus`).count()).toBe(1)
        }
        expect(await isMainInert()).toBe(true)
        await close()
        await eventually(
          `closed by ${way}`,
          async () => (await toggle.getAttribute('aria-expanded')) === 'false',
        )
        await focusOn(`[aria-controls=${id}]`)
        expect(await isMainInert()).toBe(false)
        expect(page.url()).toBe(`${place.origin}/chat/lobby`)
      }
      // None of them left an entry behind: Back from here leaves the room.
      await page.goBack()
      await eventually('away', () => page.url() !== `${place.origin}/chat/lobby`)
    },
  )

  test('[V13] a drawer that is open while the window grows wide becomes a column, and nothing stays inert', async () => {
    const { page } = await aRoom(toLobby, NARROW)
    for (const id of ['sidebar', 'people'] as const) {
      await page.setViewportSize(NARROW.viewport)
      // Until the page knows of its new width, the column of the round before still counts as open.
      await page.locator(`#${id}[data-drawer][data-open=false]`).waitFor({ state: 'attached' })
      await openPanel(page, id)
      expect(await page.locator('main.contents[inert]').count()).toBe(1)
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.locator(`#${id}:not([data-drawer])[data-open=true]`).waitFor()
      await eventually('nothing inert', async () => (await page.locator('[inert]').count()) === 0)
      expect(await page.locator('[aria-modal=true]').count()).toBe(0)
    }
  })

  test('[A31, V10] at 320 × 256 the composer is visible and the list at least 80 px high', async () => {
    const { page } = await aRoom(toLobby, { viewport: { width: 320, height: 256 } })
    const composer = await page.locator('.composer').boundingBox()
    const list = await page.locator('.log').boundingBox()
    expect((composer?.y ?? 999) + (composer?.height ?? 999)).toBeLessThanOrEqual(256)
    expect(list?.height).toBeGreaterThanOrEqual(80)
  })

  test('[U352] at 320 × 200 a search of rooms shows a room below its field, and the picker a row of emoji', async () => {
    const { page } = await aRoom(toLobby, { viewport: { width: 320, height: 200 } })
    const open = {
      switcher: () => page.keyboard.press('Control+k'),
      browse: async () => {
        await openPanel(page, 'sidebar')
        await page.click('.side-foot button')
      },
    }
    // Both at once: an answer of the server draws the rows anew.
    const showsWhole = async (name: string, list: string, row: string) => {
      const heights = await page.evaluate(
        (parts) => parts.map((part) => document.querySelector(part)?.getBoundingClientRect().height),
        [list, `${list} ${row}`],
      )
      const [ofList, ofRow = 999] = heights
      expect(ofList, name).toBeGreaterThanOrEqual(ofRow)
    }
    for (const [name, press] of Object.entries(open)) {
      await press()
      await page.waitForSelector('[role=option]')
      await showsWhole(name, '.finder-rows', '[aria-selected=true]')
      await page.keyboard.press('Escape')
      await page.waitForSelector('dialog', { state: 'detached' })
    }
    await page.keyboard.press('Escape')
    await page.click('.emoji-button')
    await page.waitForSelector('.emoji-grid button')
    await showsWhole('picker', '.emoji-list', '.emoji-grid button')
  })

  test('[A30, V15] with reduced motion no animation lasts over 1 ms', async () => {
    const { page } = await aRoom({ events: talk(1, 20), people: everybody }, NARROW)
    await page.waitForSelector('.emoji-button')
    /** The longest animation (ms) while the drawer opens and closes and a menu opens. */
    const longest = async () => {
      await page.hover('[aria-controls=sidebar]')
      return page.evaluate(async () => {
        const durations: number[] = []
        const measure = () => {
          for (const animation of document.getAnimations())
            durations.push(Number(animation.effect?.getComputedTiming().duration ?? 0))
        }
        const press = (selector: string) => document.querySelector<HTMLElement>(selector)?.click()
        for (const part of ['[aria-controls=sidebar]', '.side [aria-label=Close]', '.head [popovertarget]']) {
          press(part)
          measure()
          await new Promise((done) => requestAnimationFrame(done))
          measure()
        }
        press('.head [popovertarget]')
        return Math.max(0, ...durations)
      })
    }
    expect(await longest()).toBeLessThanOrEqual(1)
    await page.emulateMedia({ reducedMotion: 'no-preference' })
    expect(await longest()).toBeGreaterThan(100)
  })
})
