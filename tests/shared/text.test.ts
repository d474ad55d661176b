import { expect, test } from 'bun:test'
import { LIMITS } from '../../src/shared/limits.ts'
import { byteLength, cleanText, textFault } from '../../src/shared/text.ts'

// prettier-ignore
test.each(['\u3164', '\u115f\u1160', '\u2800 \u2800', '\uffa0', '\u034f', '\u200b', '\u200d\u2060', '\ufeff', '\ufe0f', '\u00ad', '\u202e\u202c', '\u17b4', '\ufff9', '\u{e0041}', '\u3000\u2028', '\u{1d159}', '\u{13441} \u{16fe4}'])(
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
