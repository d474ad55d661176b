import { describe, expect, spyOn, test } from 'bun:test'
import { commandOf } from '../../../src/client/composer/commands.ts'
import { roomScreen } from '../../../src/client/app/room/roomScreen.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { eventually } from '../../support/eventually.ts'
import { onPlatform, press } from '../../support/client/aRow.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

test('[U37] a command is a slash, its name and the text after it', () => {
  expect(commandOf('/nick  Ann Lee ')).toEqual({ name: 'nick', rest: 'Ann Lee' })
  expect(commandOf('a /nick')).toBe(null)
  expect(commandOf('/usr/bin is a path')).toBe(null)
})

describe('the composer of a room that was just drawn', () => {
  function aRoomScreen() {
    const calls: unknown[][] = []
    const own: Record<string, unknown> = { draft: () => new Promise(() => {}) }
    const actions = new Proxy(own, {
      get: (_, name: string) => {
        const answer = name === 'rename' ? Promise.resolve({ result: 'ok' }) : true
        return own[name] ?? ((...given: unknown[]) => (calls.push([name, ...given]), answer))
      },
    })
    const router = { remembered: () => undefined, remember: () => {} }
    const context = { store: createStore(reduce), actions, router, siteName: 'Hubbub' }
    const ended = new AbortController()
    const room = roomScreen(context as never, { room: 'lobby' }, ended.signal)
    return { calls, room, field: room.querySelector('textarea')!, leave: () => ended.abort() }
  }

  /** Submits a text. @returns the actions it led to, and what the composer then shows */
  function submit(text: string) {
    const { calls, room, field, leave } = aRoomScreen()
    field.value = text
    room.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }))
    leave()
    return {
      calls: calls.filter(([name]) => name === 'send' || name === 'rename'),
      field: field.value,
      fault: room.querySelector('.fault')?.textContent,
    }
  }

  test.each([
    [false, 'send'],
    [true, 'enter'],
  ])('[U30] with a coarse pointer: %p, labels Enter as %p', (matches, label) => {
    const query = Object.assign(new EventTarget(), { matches }) as MediaQueryList
    const pointer = spyOn(globalThis, 'matchMedia').mockReturnValue(query)
    const { field, leave } = aRoomScreen()
    expect(field.getAttribute('enterkeyhint')).toBe(label)
    leave()
    pointer.mockRestore()
  })

  test('[U240] leaves Ctrl+K and Option with arrows to the text on a Mac', () => {
    const restore = onPlatform('MacIntel')
    const { room, field, leave } = aRoomScreen()
    document.body.replaceChildren(room)
    const taken = () => [
      press(field, 'k', { ctrlKey: true }),
      press(field, 'ArrowUp', { altKey: true }),
      press(field, 'ArrowDown', { altKey: true, shiftKey: true }),
      press(field, 'k', { metaKey: true }),
    ]
    field.value = 'half a thought'
    expect(taken()).toEqual([false, false, false, true])
    field.value = ''
    expect(taken()).toEqual([false, true, true, true])
    restore()
    expect(press(field, 'k', { ctrlKey: true })).toBe(true)
    leave()
  })

  test.each([
    ['hello', 'hello'],
    ['//usr/bin', '/usr/bin'],
    ['//me waves', '//me waves'],
    ['/me waves', '/me waves'],
    ['/ME waves\ntwice', '/me waves\ntwice'],
    ['/shrug', '¯\\_(ツ)_/¯'],
    ['/shrug who knows', 'who knows ¯\\_(ツ)_/¯'],
  ])('[U125, U37, U163] sends %j as %j', (text, sent) => {
    expect(submit(text)).toEqual({ calls: [['send', 'lobby', sent]], field: '', fault: '' })
  })

  test('[U125] runs a command that sends no message', async () => {
    expect(submit('/nick Ann Lee')).toEqual({ calls: [['rename', 'Ann Lee']], field: '', fault: '' })
    const { calls, room, field, leave } = aRoomScreen()
    field.value = '/help'
    room.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }))
    await eventually('the list of keys and commands', () => document.querySelector('dialog dl') !== null)
    expect([calls.filter(([name]) => name === 'send'), field.value]).toEqual([[], ''])
    leave()
  })

  test.each(['/', '/me', '/unknown word', '/constructor', '/__proto__'])(
    '[U125, U37] keeps %j and says why',
    (text) => {
      expect(submit(text)).toEqual({ calls: [], field: text, fault: expect.stringMatching(/./) })
    },
  )
})
