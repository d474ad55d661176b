import { expect, test } from 'bun:test'
import type { EmphasisMark } from '../../../src/client/composer/composer.ts'
import { toggleEmphasis } from '../../../src/client/suggestions/emphasis.ts'

/** Applies the mark to a text whose selection stands between brackets, or whose caret is `|`. */
function toggled(marked: string, mark: EmphasisMark): string {
  const isCaret = marked.includes('|')
  const [from, to] = isCaret
    ? [marked.indexOf('|'), marked.indexOf('|')]
    : [marked.indexOf('['), marked.indexOf(']') - 1]
  const text = marked.replace(/[[\]|]/g, '')
  const edit = toggleEmphasis(text, from, to, mark)
  const [start, end] = [edit.start, edit.end].map((at) => edit.from + at)
  const after = text.slice(0, edit.from) + edit.insert + text.slice(edit.to)
  const kept = start === end ? '|' : `[${after.slice(start, end)}]`
  return after.slice(0, start) + kept + after.slice(end)
}

test.each<[string, EmphasisMark, string]>([
  ['a [word] b', '**', 'a **[word]** b'],
  ['a **[word]** b', '**', 'a [word] b'],
  ['a [**word**] b', '**', 'a [word] b'],
  ['a [word ]b', '_', 'a _[word]_ b'],
  ['**[word]**', '_', '**_[word]_**'],
  ['**_[word]_**', '**', '_[word]_'],
  ['***[word]***', '**', '*[word]*'],
  ['2*[3] = 6', '**', '2***[3]** = 6'],
  ['a |', '**', 'a **|**'],
  ['a **|**', '**', 'a |'],
  ['a **word|**', '**', 'a **word**|'],
  ['|', '_', '_|_'],
  ['[two\nlines]', '_', '_[two\nlines]_'],
  ['[  ]', '**', '  **|**'],
])('[U236] %j with %s becomes %j', (before, mark, after) => {
  expect(toggled(before, mark)).toBe(after)
})
