import { describe, expect, spyOn, test } from 'bun:test'
import { commandOf, messageOf } from '../../../src/client/composer/commands.ts'
import { roomScreen } from '../../../src/client/app/room/roomScreen.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { eventually } from '../../support/eventually.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

describe('commands', () => {
  test.each([
    ['hello', 'hello'],
    ['//me waves', '/me waves'],
    ['/me waves', '_waves_'],
    ['/ME waves\ntwice', '_waves\ntwice_'],
    ['/shrug', '¯\\_(ツ)_/¯'],
    ['/shrug who knows', 'who knows ¯\\_(ツ)_/¯'],
  ])('[U37] %j is sent as %j', (typed, sent) => {
    expect(messageOf(typed)).toBe(sent)
  })

  test.each(['/nick Ann', '/help', '/me', '/constructor', '/__proto__', '/', '/unknown word'])(
    '[U37] %j is no message',
    (typed) => {
      expect(messageOf(typed)).toBe(null)
    },
  )

  test('[U37] a command is its name and what stands behind it', () => {
    expect(commandOf('/nick  Ann Lee ')).toEqual({ name: 'nick', rest: 'Ann Lee' })
    expect(commandOf('a /nick')).toBe(null)
    expect(commandOf('/usr/bin is a path')).toBe(null)
  })
})

describe('the composer of a room just drawn', () => {
  /** A room just drawn. */
  function aRoom() {
    const done: unknown[][] = []
    const actions = new Proxy(
      {
        draft: () => new Promise(() => {}),
        rename: async (name: string) => (done.push(['rename', name]), { result: 'ok' }),
      },
      {
        get: (own, name) =>
          Reflect.get(own, name) ?? ((...given: unknown[]) => (done.push([String(name), ...given]), true)),
      },
    )
    const context = {
      store: createStore(),
      actions,
      router: { remembered: () => undefined, remember: () => {} },
      siteName: 'Hubbub',
    }
    const { signal, abort } = ((controller) => ({
      signal: controller.signal,
      abort: () => controller.abort(),
    }))(new AbortController())
    const room = roomScreen(context as never, { room: 'lobby' }, signal)
    const field = room.querySelector('textarea')
    if (field === null) throw new TypeError('no field')
    const send = (text: string) => {
      done.length = 0
      field.value = text
      room.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }))
      abort()
      return {
        done: done.filter(([name]) => name === 'send' || name === 'rename'),
        field: field.value,
        fault: room.querySelector('.fault')?.textContent,
      }
    }
    return { send }
  }

  test.each([
    ['hello', 'hello'],
    ['//me waves', '/me waves'],
    ['/me waves', '_waves_'],
    ['/shrug', '¯\\_(ツ)_/¯'],
  ])('[U125] sends %j as %j', (typed, sent) => {
    expect(aRoom().send(typed)).toEqual({ done: [['send', 'lobby', sent]], field: '', fault: '' })
  })

  test('[U125] does a command that is no message', async () => {
    expect(aRoom().send('/nick Ann Lee')).toEqual({ done: [['rename', 'Ann Lee']], field: '', fault: '' })
    const opened = spyOn(HTMLDialogElement.prototype, 'showModal')
    expect(aRoom().send('/help')).toEqual({ done: [], field: '', fault: '' })
    await eventually('the list of keys and commands', () => opened.mock.calls.length === 1)
    opened.mockRestore()
  })

  test.each(['/me', '/unknown word', '/constructor'])('[U125] keeps %j and says why', (typed) => {
    const { done, field, fault } = aRoom().send(typed)
    expect([done, field]).toEqual([[], typed])
    expect(fault).not.toBe('')
  })
})
