import { describe, expect, spyOn, test } from 'bun:test'
import { findEmoji, type EmojiEntry } from '../../../src/client/ui/emoji/emoji.ts'
import { commandOf, messageOf } from '../../../src/client/composer/commands.ts'
import { shortcodeMatch, mentionMatch } from '../../../src/client/suggestions/suggestions.ts'
import { mentionsName } from '../../../src/shared/text.ts'
import { roomScreen } from '../../../src/client/app/room/roomScreen.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { numbers } from '../../support/client/aState.ts'
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
      place: 'Hubbub',
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

describe('people behind an @', () => {
  const people = ['Ann', 'Ann Lee', 'Anton', 'Bo Anders', 'محمد'].map((name, at) => ({ id: `u${at}`, name }))
  const offered = (before: string) => mentionMatch(before, people)?.items.map(({ words }) => words) ?? null

  test.each([
    ['hi @an', ['Ann', 'Ann Lee', 'Anton', 'Bo Anders']],
    ['@Ann ', ['Ann Lee']],
    ['@ann l', ['Ann Lee']],
    ['@', ['Ann', 'Ann Lee', 'Anton', 'Bo Anders', 'محمد']],
    ['@مح', ['محمد']],
    ['(@bo', ['Bo Anders']],
    ['@zz', null],
    ['mail me: a@an', null],
    ['@an\n', null],
    ['@bo anders ', null],
    ['no at all', null],
  ])('[U38] %j offers %j', (before, names) => {
    expect(offered(before)).toEqual(names)
  })

  test('[U38] what is taken is put in place of what was typed, and mentions them, also with a space in the name', () => {
    const before = 'hi @ann l'
    const found = mentionMatch(before, people)
    const text = before.slice(0, found?.from) + found?.items[0]?.insert
    expect(text).toBe('hi @Ann Lee ')
    expect(mentionsName(text, 'Ann Lee')).toBe(true)
  })

  test('[U38] at most eight are offered, of one name once, and 500 people are filtered in 8 ms', () => {
    const many = numbers(1, 500).map((at) => ({ id: `p${at}`, name: `Person ${at % 250}` }))
    const times = numbers(1, 5).map(() => {
      const began = performance.now()
      expect(mentionMatch('@per', many)?.items).toHaveLength(8)
      return performance.now() - began
    })
    expect(Math.min(...times)).toBeLessThanOrEqual(8)
  })
})

describe('emoji by their names', () => {
  test.each([
    ['hurray :tada:', 7, '🎉'],
    [':TADA:', 0, '🎉'],
    ['(:+1:', 1, '👍'],
    ['`a` :tada:', 4, '🎉'],
    ['at 10:30:', null, null],
    [':none:', null, null],
    ['`:tada:', null, null],
    ['```\n :tada:', null, null],
    [':tada', null, null],
    [':tada: ', null, null],
  ])('[E31] %j is exchanged from %p on for %p', (before, from, emoji) => {
    const all = [
      { emoji: '🎉', shortcodes: ['tada'] },
      { emoji: '👍', shortcodes: ['+1', 'thumbsup'] },
      { emoji: '?' },
    ]
    expect(shortcodeMatch(before, all)).toEqual(from === null || emoji === null ? null : { from, emoji })
  })

  test('[U39] a short name that fits comes first, then those that begin so, then names and words', async () => {
    const all = (await import('emoji-picker-element-data/en/github/data.json')).default as EmojiEntry[]
    const first = (letters: string) => findEmoji(all, letters, 8)[0]?.emoji
    expect([first('tada'), first('+1'), first('heart'), first('ta')]).toEqual([
      '🎉',
      '👍️',
      '❤️',
      expect.any(String),
    ])
    expect(findEmoji(all, 'ta', 8)).toHaveLength(8)
    expect(findEmoji(all, 'ta', 8).some(({ emoji }) => emoji === '🎉')).toBe(true)
    expect(findEmoji(all, 'nosuchthing', 8)).toEqual([])
  })
})
