import { describe, expect, test } from 'bun:test'
import { findEmoji, type EmojiEntry } from '../../../src/client/ui/emoji/emoji.ts'
import { shortcodeMatch, mentionMatch } from '../../../src/client/suggestions/suggestions.ts'
import { mentionsName } from '../../../src/shared/text.ts'
import { numbers } from '../../support/client/aState.ts'

describe('people behind an @', () => {
  const people = ['Ann', 'Ann Lee', 'Anton', 'Bo Anders', 'محمد'].map((name, at) => ({ id: `u${at}`, name }))
  const offered = (before: string) => mentionMatch(before, people)?.items.map(({ label }) => label) ?? null

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
