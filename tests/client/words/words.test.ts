import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { REASONS, type ErrorCode, type ErrorReason } from '../../../src/shared/errors.ts'
import { en } from '../../support/client/english.ts'
import { errorText } from '../../../src/client/words/errorText.ts'
import { LANGUAGES } from '../../../src/client/words/languages.ts'

const CLIENT = join(import.meta.dir, '../../../src/client')

/** What precedes a literal that nobody reads: a class, the kind of a link, an error for programmers. */
const BEFORE = /\bclass(?:Name|List)?\b(?:',)?[^,]*$|\brel: $|(?:Error|Exception|console\.\w+)\([^)]*$/
/** Literals that are not for people. */
const EXEMPT = [
  // Names of keys and of dragged things, which code compares with.
  /^(?:Arrow(?:Down|Left|Right|Up)|Backspace|End|Enter|Escape|Files|Home|Page(?:Down|Up)|Tab)$/,
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

/** What precedes a literal that becomes text: an attribute that is read, or the attributes of an element. */
const SHOWN =
  /(?:\btextContent\b|\btitle\b|\bplaceholder\b|\balt\b|'aria-(?:label|description|roledescription)')(?: =|:) $|\bh\(.*\}, $/

/** Literals that begin with a capital, hold two words or a word behind a value (written `…`), or are shown as they are. */
function proseIn(source: string): string[] {
  const found: string[] = []
  for (const token of source.matchAll(TOKENS)) {
    const literal = token[1] ?? token[2] ?? token[3]
    if (literal === undefined) continue
    const text = literal.replace(/\$\{[^}]*\}/g, '…')
    const line = source.slice(source.lastIndexOf('\n', token.index) + 1, token.index)
    const isProse = /^[A-Z][a-z]/.test(text) || /[a-z]{2,} [a-z]{2,}|… [a-z]{2,}/i.test(text)
    const isShown = SHOWN.test(line) && /[a-z]{2}/i.test(text)
    const isExempt = EXEMPT.some((pattern) => pattern.test(text)) || BEFORE.test(line) || isClassList(text)
    if (isShown || (isProse && !isExempt)) found.push(text)
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
  ["h('span', { class: 'text-meta' }, 'you')", ['you']],
  ["h('input', { 'aria-label': 'name' })", ['name']],
  ["element.textContent = 'away'", ['away']],
  ["// 'Nothing said yet'", []],
  ["h('p', { class: 'text-meta text-muted' })", []],
  ["const look = 'flex items-center text-meta'", []],
  ["const text = 'the well-known rooms'", ['the well-known rooms']],
  ["event.key === 'ArrowDown'", []],
  ["throw new TypeError('no such thing')", []],
])('[U150] the check of %s finds %j', (source, found) => {
  expect(proseIn(source)).toEqual(found)
})

/** Paths of all texts, `settings.theme.title`; those of functions and lists end there. */
function textsOf(catalogue: object, path = ''): [path: string, text: unknown][] {
  return Object.entries(catalogue).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? textsOf(value, `${path}${key}.`)
      : [[path + key, value] satisfies [string, unknown]],
  )
}

/** What a text says about the numbers 1, 12 or 1,213: one for each plural form that matters, and one that is grouped. */
const said = (text: unknown, count: number): string =>
  typeof text === 'function'
    ? String((text as (...values: number[]) => string)(...[0, 1, 2, 3].map((at) => count + at)))
    : JSON.stringify(text)
const numbersIn = (text: string) =>
  [...text.replace(/(?<=\d)[.,](?=\d)/g, '').matchAll(/\d+/g)].map(String).sort()

test.each(Object.keys(LANGUAGES))(
  '[U253] %s has every text, with the values that English names',
  async (code) => {
    const { words } = (await LANGUAGES[code]?.[1]()) ?? { words: en }
    const translated = new Map(textsOf(words))
    const english = textsOf(en)
    expect([...translated.keys()].sort()).toEqual(english.map(([path]) => path).sort())
    for (const [path, text] of english)
      for (const count of [1, 12, 1213]) {
        const there = said(translated.get(path), count)
        if (text !== '' && !(Array.isArray(text) && text.includes('')))
          expect([path, there]).not.toEqual([path, '""'])
        if (typeof text === 'function')
          expect([path, numbersIn(there)]).toEqual([path, numbersIn(said(text, count))])
      }
  },
)

/** Texts that code finds by a value: an error's code or reason, a setting's value, a command. */
const FOUND_BY_VALUE = /^(?:errors\.(?:codes|reasons|send)|settings\.\w+\.\w*[vV]alues|composer\.commands)\./

test('[U150] every text is used', async () => {
  let code = ''
  for await (const file of new Bun.Glob('**/*.ts').scan(CLIENT))
    if (!/^words\/(?:[a-z]{2}|english\/.*)\.ts$/.test(file)) code += await Bun.file(join(CLIENT, file)).text()
  const unused = textsOf(en).filter(([path]) => {
    const key = path.split('.').at(-1) ?? ''
    return !FOUND_BY_VALUE.test(path) && !new RegExp(`\\b${key}\\b`).test(code)
  })
  expect(unused.map(([path]) => path)).toEqual([])
})

test('[U150, U251] the page says by itself only what cannot wait for a script, and says it in every language', async () => {
  const page = await Bun.file(join(CLIENT, '../../public/index.html')).text()
  const body = page.slice(page.indexOf('<body'))
  for (const [, part = ''] of body.matchAll(/<(?:main id="too-old"|noscript)(.*?)<\/(?:main|noscript)>/gs))
    expect([...part.matchAll(/lang="(\w+)"/g)].map(([, code]) => code)).toEqual([
      'en',
      ...Object.keys(LANGUAGES),
    ])
  const waiting = body.slice(0, body.indexOf('<main id="too-old"'))
  const texts = [...waiting.matchAll(/>([^<>]*[^<>\s][^<>]*)</g)].map(([, text]) => text)
  expect(texts).toEqual([en.common.appName, en.common.loading])
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
