import { expect, test } from 'bun:test'
import { typingText } from '../../../src/client/composer/typingText.ts'

const typing = (...names: string[]) =>
  typingText(names.map((name) => ({ user: { id: name, name }, until: 0 })))

test('[U40] up to three who type are named', () => {
  expect(typing()).toBe('')
  expect(typing('Ann')).toBe('\u2068Ann\u2069 is typing')
  expect(typing('Ann', 'Bo')).toBe('\u2068Ann\u2069 and \u2068Bo\u2069 are typing')
  expect(typing('Ann', 'Bo', 'Cy')).toBe('\u2068Ann\u2069, \u2068Bo\u2069 and \u2068Cy\u2069 are typing')
  expect(typing('Ann', 'Bo', 'Cy', 'Di')).toBe('Several people are typing')
})
