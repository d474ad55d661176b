import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { REASONS, type ErrorCode, type ErrorReason } from '../../../src/shared/errors.ts'
import { errorText } from '../../../src/client/words/errorText.ts'

const CLIENT = join(import.meta.dir, '../../../src/client')

/** Names of keys and of what is dragged: code compares with them, nobody reads them. */
const NAMES = /^(?:Arrow(?:Down|Left|Right|Up)|End|Enter|Escape|Files|Home|Page(?:Down|Up)|Tab)$/
/** What is no text: classes, the kinds of a link, names of locks and channels, errors for programmers. */
const BEFORE = /\bclass(?:Name|List)?\b(?:',)?[^,]*$|\brel: $|(?:Error|console\.\w+)\($/
const LOCKS = /^hubbub /
/** A comment, a regular expression, or a literal in one of the three quotes. */
const TOKENS =
  /\/\*[^]*?\*\/|\/\/[^\n]*|(?<=[=(,:?&|![;]\s*)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g

/** The string literals that begin with a capital, or hold two words, or a word behind a value (written `…`). */
function proseIn(source: string): string[] {
  const found: string[] = []
  for (const token of source.matchAll(TOKENS)) {
    const literal = token[1] ?? token[2] ?? token[3]
    if (literal === undefined) continue
    const text = literal.replace(/\$\{[^}]*\}/g, '…')
    const line = source.slice(source.lastIndexOf('\n', token.index) + 1, token.index)
    const isProse = /^[A-Z][a-z]/.test(text) || /[a-z]{2,} [a-z]{2,}|… [a-z]{2,}/i.test(text)
    if (isProse && !NAMES.test(text) && !LOCKS.test(text) && !BEFORE.test(line)) found.push(text)
  }
  return found
}

test('[U150] no source of the client but those of the words holds text for people', async () => {
  const wrong: string[] = []
  for await (const file of new Bun.Glob('**/*.ts').scan(CLIENT)) {
    if (file.startsWith('words/')) continue
    for (const text of proseIn(await Bun.file(join(CLIENT, file)).text())) wrong.push(`${file}: ${text}`)
  }
  expect(wrong).toEqual([])
})

test('[U150] a word on screen is never the name of a CSS class: translated, it would lose its style', async () => {
  const wrong: string[] = []
  for await (const file of new Bun.Glob('**/*.ts').scan(CLIENT))
    if (
      /\bclass(?:Name)?\b['"]?\s*[:=]\s*words\b|classList\.\w+\([^)]*\bwords\./.test(
        await Bun.file(join(CLIENT, file)).text(),
      )
    )
      wrong.push(file)
  expect(wrong).toEqual([])
})

test.each([
  ["h('p', {}, 'Nothing said yet')", 'Nothing said yet'],
  ["h('button', { type: 'button' }, 'Close')", 'Close'],
  ["const title = 'all rooms'", 'all rooms'],
  ['say(`${count} here`)', '… here'],
  ['say(`Join ${room}`)', 'Join …'],
  ['{ class: \'button-quiet\', title: "More options" }', 'More options'],
])('[U150] the test above finds %s', (source, text) => {
  expect(proseIn(source)).toEqual([text])
})

test.each([
  "// 'Nothing said yet'",
  "h('p', { class: 'text-meta text-muted' })",
  "event.key === 'ArrowDown'",
  "throw new TypeError('no such thing')",
  '`settings ${user}`',
])('[U150] the test above leaves %s alone', (source) => {
  expect(proseIn(source)).toEqual([])
})

/** The words for what a server answers, which may be newer than the page. */
const textOf = (code: string, reason?: string) =>
  errorText({ code: code as ErrorCode, ...(reason !== undefined && { reason: reason as ErrorReason }) })

test('[U151] each reason of a refusal has words of its own', () => {
  for (const [code, reasons] of Object.entries(REASONS))
    for (const reason of reasons) expect(textOf(code, reason)).not.toBe(textOf(code))
})

test('[U151] a code or a reason of a newer server is worded, too', () => {
  expect(textOf('nameInvalid', 'rhymes')).toBe(textOf('nameInvalid'))
  expect(textOf('tooLate')).toContain('Try again')
})

test.each([
  [400, 'You’re doing this too often. Try again in 1 s.'],
  [30_000, 'You’re doing this too often. Try again in 30 s.'],
  [3_540_000, 'You’re doing this too often. Try again in 59 minutes.'],
])('[U151] a refusal that ends in %i ms says so', (after, text) => {
  expect(errorText({ code: 'rateLimited', after })).toBe(text)
})
