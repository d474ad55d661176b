import { expect, test } from 'bun:test'
import { cleanName, slugOf } from '../../src/shared/names.ts'
import { byteLength, cleanText, mentionsName, textFault } from '../../src/shared/text.ts'
import { LIMITS } from '../../src/shared/limits.ts'

test.each([
  ['  Ann   Lee ', 'Ann Lee'],
  ['Zoe\u0308', 'Zoë'],
  ['محمد', 'محمد'],
  ['李小龍', '李小龍'],
  ['O’Brien', 'O’Brien'],
  ['👨‍👩‍👧‍👦', '👨‍👩‍👧‍👦'],
  ['हिन्दी', 'हिन्दी'],
  ['1️⃣', '1️⃣'],
  ['x'.repeat(24), 'x'.repeat(24)],
  ['👍'.repeat(24), '👍'.repeat(24)],
])('[I1] the name %j is kept as %j', (typed, name) => {
  expect(cleanName(typed)).toEqual({ name })
})

test.each([
  ['', 'empty'],
  [' \t ', 'empty'],
  ['!?…', 'empty'],
  ['x'.repeat(25), 'long'],
  ['👨‍👩‍👧‍👦'.repeat(6), 'long'],
  ['x'.repeat(5_000_000), 'long'],
  ['a\u0000b', 'characters'],
  ['a\u202eb', 'characters'],
  ['a\u200bb', 'characters'],
  ['\u200d', 'characters'],
  ['a\ud800', 'characters'],
  ['a\u3164b', 'characters'],
  ['a\ue000', 'characters'],
  ['z\u0301\u0302\u0303', 'marks'],
  ['p\u0430ul', 'mixed'],
] as const)('[I2] name %# is refused as %s', (typed, fault) => {
  expect(cleanName(typed)).toEqual({ fault })
})

test('[B7] a room is named in its address by a slug of letters, digits and single hyphens', () => {
  expect(['Kitchen', ' Café  Zoë! ', 'a__b--c', '李小龍', 'x'.repeat(50)].map(slugOf)).toEqual([
    'kitchen',
    'cafe-zoe',
    'a-b-c',
    '',
    'x'.repeat(40),
  ])
})

// prettier-ignore
test.each(['\u3164', '\u115f\u1160', '\u2800 \u2800', '\uffa0', '\u034f', '\u200b', '\u200d\u2060', '\ufeff', '\ufe0f', '\u00ad', '\u202e\u202c', '\u17b4', '\ufff9', '\u{e0041}', '\u3000\u2028'])(
  '[U122] the text %j is blank', (text) => {
    expect(textFault(text)).toBe('blank')
  },
)

test('[U122] a text with anything visible is not blank', () => {
  for (const text of ['.', '\u3164a', '❤️', '👨‍👩‍👧', '\u0301', '_']) expect(textFault(text)).toBe(null)
})

test('[U35] control characters are dropped, lone surrogates replaced, line breaks folded, and nothing is cut', () => {
  expect(cleanText('a\r\nb\u0000\u001b[1m\tc\ud800')).toBe('a\nb[1m\tc\ufffd')
  expect(cleanText('x'.repeat(50_000))).toHaveLength(50_000)
})

test('[U35] the longest text a person may type is short enough in bytes whatever its script', () => {
  for (const letter of ['a', 'é', '漢', '👍'])
    expect(textFault(letter.repeat(LIMITS.text / letter.length))).toBe(null)
})

test('[F1] a text that is blank, too long, or contains control characters or lone surrogates is refused', () => {
  expect(textFault(' \n\t')).toBe('blank')
  expect(textFault('x'.repeat(LIMITS.text + 1))).toBe('tooBig')
  expect(textFault('a\u0007')).toBe('malformed')
  expect(textFault('a\udc00')).toBe('malformed')
  expect(textFault('x'.repeat(LIMITS.text))).toBe(null)
})

test('[F1] bytes are counted as UTF-8 writes them', () => {
  for (const text of ['', 'abc', 'é漢👍', 'a\u{10ffff}'])
    expect(byteLength(text)).toBe(new TextEncoder().encode(text).length)
})

test('[U73] a mention is @ and the name as a word, in any case', () => {
  expect(mentionsName('hi @Ann!', 'ann')).toBe(true)
  expect(mentionsName('@ann lee', 'Ann Lee')).toBe(true)
  expect(mentionsName('@annette', 'Ann')).toBe(false)
  expect(mentionsName('mail@ann', 'Ann')).toBe(false)
  expect(mentionsName('@annette and @ann', 'Ann')).toBe(true)
  expect(mentionsName(`${'@annette '.repeat(49)}@ann`, 'Ann')).toBe(true)
  expect(mentionsName(`${'@annette '.repeat(50)}@ann`, 'Ann')).toBe(false)
})
