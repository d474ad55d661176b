import { describe, expect, test } from 'bun:test'
import { findEmoji, inLanguage, type EmojiEntry } from '../../../src/client/ui/emoji/emoji.ts'
import { shortcodeMatch, mentionMatch } from '../../../src/client/suggestions/suggestions.ts'
import { numbers } from '../../support/client/aState.ts'

describe('suggestions after @', () => {
  const people = ['Ann', 'Ann Lee', 'Anton', 'Bo Anders', 'محمد'].map((name, at) => ({ id: `u${at}`, name }))
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
  ])('[U38] for %j are %j', (before, names) => {
    expect(mentionMatch(before, people)?.items.map(({ label }) => label) ?? null).toEqual(names)
  })

  test.each([
    ['こんにちは@田', '田中さくら'],
    ['＠田', '田中さくら'],
    ['@さく', '田中さくら'],
    ['@すみす', 'スミス'],
    ['안녕@기', '김민준'],
    ['@ㄱ', '김민준'],
    ['สวัสดี@สม', 'สมชาย'],
    ['و@مُح', 'محمد'],
    ['@علير', 'علی‌رضا'],
    ['@हिंद', 'हिन्दी'],
    ['@हिन', 'हिन्दी'],
    ['@dang t', 'Đặng Thị Hồng'],
    ['@hồ'.normalize('NFD'), 'Đặng Thị Hồng'],
    ["@o'b", 'O’Brien'],
  ])('[U300] after %j are the people whose name is meant: %s', (before, name) => {
    const names = [
      '田中さくら',
      'スミス',
      '김민준',
      'สมชาย',
      'محمد',
      'علی‌رضا',
      'हिन्दी',
      'Đặng Thị Hồng',
      'O’Brien',
    ]
    const found = mentionMatch(
      before,
      names.map((one) => ({ id: one, name: one })),
    )
    expect(found?.items).toEqual([{ insert: `@${name} `, label: name }])
  })

  test.each(['हे@न', 'नील@न', 'mail@n', '@＠n'])('[U300] %j stands within a word', (before) => {
    const people = ['नील', 'Nell'].map((name) => ({ id: name, name }))
    expect(mentionMatch(before, people)).toBeNull()
  })

  test('[U38] replace what was typed by a mention, even if the name has a space', () => {
    const before = 'hi @ann l'
    const match = mentionMatch(before, people)
    const text = before.slice(0, match?.from) + match?.items[0]?.insert
    expect(text).toBe('hi @Ann Lee ')
  })

  test('[U38] are at most eight different names', () => {
    const many = numbers(1, 500).map((at) => ({ id: `p${at}`, name: `Person ${Math.floor(at / 2)}` }))
    expect(new Set(mentionMatch('@per', many)?.items.map(({ label }) => label)).size).toBe(8)
  })
})

describe('emoji', () => {
  test.each([
    ['hurray :tada:', 7, '🎉'],
    [':TADA:', 0, '🎉'],
    ['(:+1:', 1, '👍'],
    ['はい:tada:', 2, '🎉'],
    ['ดี:tada:', 2, '🎉'],
    ['🎉:tada:', 2, '🎉'],
    ['👍️:tada:', 3, '🎉'],
    ['a:tada:', null, null],
    ['C::tada:', null, null],
    ['1:+1:', null, null],
    ['`a` :tada:', 4, '🎉'],
    ['at 10:30:', null, null],
    [':none:', null, null],
    ['`:tada:', null, null],
    ['```\n :tada:', null, null],
    [':tada', null, null],
    [':tada: ', null, null],
  ])('[E31] in %j the short name at %p becomes %p', (before, from, emoji) => {
    const all = [
      { emoji: '🎉', shortcodes: ['tada'] },
      { emoji: '👍', shortcodes: ['+1', 'thumbsup'] },
      { emoji: '?' },
    ]
    const match = shortcodeMatch(before, all)
    expect([match?.from ?? null, match?.entry.emoji ?? null]).toEqual([from, emoji])
  })

  const english = async () =>
    (await import('emoji-picker-element-data/en/github/data.json')).default as EmojiEntry[]

  test('[U39] are found by short name first, then by the beginning of one, then by other words', async () => {
    const all = await english()
    const find = (letters: string) => findEmoji(all, letters, 8).map(({ emoji }) => emoji)
    expect(['tada', '+1', 'heart'].map((name) => find(name)[0])).toEqual(['🎉', '👍️', '❤️'])
    expect(find('ta')).toHaveLength(8)
    expect(find('ta')).toContain('🎉')
    expect(find('nosuchthing')).toEqual([])
  })

  test.each([
    ['ta', [], '🎉'],
    ['th', [], '👍️'],
    ['he', [], '❤️'],
    ['cat', [], '🐱'],
    ['ta', ['🎋', '🌮'], '🎋'],
    ['wa', ['🚶🏽', '👋'], '🚶'],
    ['tada', ['🌮'], '🎉'],
  ])('[U350] for %j after the use of %j begin with %s', async (letters, recent, first) => {
    expect(findEmoji(await english(), letters, 8, recent)[0]?.emoji).toBe(first)
  })

  test('[U351] have names in the language of the page, and are found by these and by English ones', async () => {
    const german = (await import('emoji-picker-element-data/de/cldr-native/data.json')).default
    const all = inLanguage(await english(), german)
    const find = (letters: string) => findEmoji(all, letters, 64).map(({ emoji }) => emoji)
    for (const letters of ['katze', 'cat', 'Katzengesicht']) expect(find(letters)).toContain('🐱')
    expect(all.find(({ emoji }) => emoji === '🐱')?.annotation).toBe('Katzengesicht')
    expect(all.filter(({ annotation }, at) => annotation === german[at]?.annotation)).toHaveLength(all.length)
  })
})
