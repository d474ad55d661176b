import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { REASONS, type ErrorCode, type ErrorReason } from '../../../src/shared/errors.ts'
import { errorText } from '../../../src/client/words/errorText.ts'

const CLIENT = join(import.meta.dir, '../../../src/client')

/** What precedes a literal that nobody reads: a class, the kind of a link, an error for programmers. */
const BEFORE = /\bclass(?:Name|List)?\b(?:',)?[^,]*$|\brel: $|(?:Error|Exception|console\.\w+)\([^)]*$/
/** Literals that are not for people. */
const EXEMPT = [
  // Names of keys and of dragged things, which code compares with.
  /^(?:Arrow(?:Down|Left|Right|Up)|End|Enter|Escape|Files|Home|Page(?:Down|Up)|Tab)$/,
  // Names of locks, and the kind of a link.
  /^hubbub |^noopener /,
  // Names of scripts in regular expressions.
  /^(?:Latin|Cyrillic|Greek|Armenian|Cherokee|Hebrew|Arabic)$/,
]
/** CSS classes: lower-case, and at least half of them with a hyphen. */
function isClassList(text: string): boolean {
  const names = text.trim().split(' ')
  const isLower = names.every((name) => /^[a-z0-9/:.[\]()*_,%-]+$/.test(name))
  return isLower && 2 * names.filter((name) => name.includes('-')).length >= names.length
}
/** A comment, a regular expression, or a literal in one of the three quotes. */
const TOKENS =
  /\/\*[^]*?\*\/|\/\/[^\n]*|(?<=[=(,:?&|![;]\s*)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g

/** Literals that begin with a capital, or hold two words, or a word behind a value (written `…`). */
function proseIn(source: string): string[] {
  const found: string[] = []
  for (const token of source.matchAll(TOKENS)) {
    const literal = token[1] ?? token[2] ?? token[3]
    if (literal === undefined) continue
    const text = literal.replace(/\$\{[^}]*\}/g, '…')
    const line = source.slice(source.lastIndexOf('\n', token.index) + 1, token.index)
    const isProse = /^[A-Z][a-z]/.test(text) || /[a-z]{2,} [a-z]{2,}|… [a-z]{2,}/i.test(text)
    const isExempt = EXEMPT.some((pattern) => pattern.test(text)) || BEFORE.test(line) || isClassList(text)
    if (isProse && !isExempt) found.push(text)
  }
  return found
}

test('[U150] only the sources of the words hold text for people', async () => {
  const wrong: string[] = []
  for await (const file of new Bun.Glob('**/*.ts').scan(CLIENT)) {
    if (file.startsWith('words/')) continue
    for (const text of proseIn(await Bun.file(join(CLIENT, file)).text())) wrong.push(`${file}: ${text}`)
  }
  expect(wrong).toEqual([])
})

test.each([
  ["h('p', {}, 'Nothing said yet')", ['Nothing said yet']],
  ["h('button', { type: 'button' }, 'Close')", ['Close']],
  ['say(`${count} here`)', ['… here']],
  ['{ class: \'button-quiet\', title: "More options" }', ['More options']],
  ["// 'Nothing said yet'", []],
  ["h('p', { class: 'text-meta text-muted' })", []],
  ["const look = 'flex items-center text-meta'", []],
  ["const text = 'the well-known rooms'", ['the well-known rooms']],
  ["event.key === 'ArrowDown'", []],
  ["throw new TypeError('no such thing')", []],
])('[U150] the check of %s finds %j', (source, found) => {
  expect(proseIn(source)).toEqual(found)
})

/** The server may be newer than this page. */
const textOf = (code: string, reason?: string) =>
  errorText({ code: code as ErrorCode, ...(reason !== undefined && { reason: reason as ErrorReason }) })

test('[U151] each reason of a refusal has a text of its own, and unknown codes and reasons have one too', () => {
  for (const [code, reasons] of Object.entries(REASONS))
    for (const reason of reasons) expect(textOf(code, reason)).not.toBe(textOf(code))
  expect(textOf('nameInvalid', 'rhymes')).toBe(textOf('nameInvalid'))
  expect(textOf('tooLate')).not.toBe('')
})

test.each([
  [400, '1 s'],
  [30_000, '30 s'],
  [3_540_000, '59 minutes'],
])('[U151] a refusal that ends in %i ms says so', (after, wait) => {
  expect(errorText({ code: 'rateLimited', after })).toEndWith(`${wait}.`)
})
