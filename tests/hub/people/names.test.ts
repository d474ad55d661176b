import { expect, test } from 'bun:test'
import { keysOf, reservedNames } from '../../../src/hub/people/lookAlikeKeys.ts'
import { cleanName } from '../../../src/hub/people/cleanName.ts'

const isReserved = reservedNames('Tea Room')

/** Is this an acceptable name that is not reserved? */
function isAllowed(typed: string): boolean {
  const cleaned = cleanName(typed)
  return 'name' in cleaned && !isReserved(cleaned.name)
}

// prettier-ignore
const DISGUISES: readonly (readonly [how: string, typed: string])[] = [
  ['as it is', 'admin'],
  ['in upper case', 'ADMIN'],
  ['in mixed case', 'AdMiNiStRaToR'],
  ['with an accent', 'ádmin'],
  ['with a Cyrillic letter', 'аdmin'],
  ['with a Cyrillic i', 'admіn'],
  ['with a Greek letter', 'mοderator'],
  ['in Greek and Latin capitals', 'SΥSTEM'],
  ['in full-width letters', 'ａｄｍｉｎ'],
  ['in mathematical bold', '𝐚𝐝𝐦𝐢𝐧'],
  ['in mathematical script', '𝓼𝔂𝓼𝓽𝓮𝓶'],
  ['in circled letters', 'ⓐⓓⓜⓘⓝ'],
  ['in small capitals', 'ꜱᴛᴀꜰꜰ'],
  ['with rn for m', 'adrnin'],
  ['with vv for w, inside a longer name', 'Hubbub Vvorld'],
  ['with a zero-width space', 'ad\u200bmin'],
  ['with a zero-width joiner', 'ad\u200dmin'],
  ['with a soft hyphen', 'ad\u00admin'],
  ['with a bidi override', '\u202enimda'],
  ['with a bidi mark', 'admin\u200e'],
  ['with tag letters behind it', 'admin\u{e0061}\u{e0062}'],
  ['with a combining grapheme joiner', 'ad\u034fmin'],
  ['with digits behind it', 'admin42'],
  ['with digits for letters', 'adm1n'],
  ['with more of them', '5y5t3m'],
  ['with signs for letters', '@dm!n'],
  ['with a dollar', '$upport'],
  ['with a capital I for l', 'officiaI'],
  ['with an l for I', 'admln'],
  ['with digits for letters and behind it', 'm0d3r4t0r7'],
  ['spaced out', 'a d m i n'],
  ['dotted', 's.t.a.f.f'],
  ['as a word of a longer name', 'The Admin'],
  ['as a word behind a line', 'ann_support'],
  ['as the name of the site', 'Tea Room'],
  ['with a tick behind it', 'Admin✓'],
  ['between stars', '★Admin★'],
  ['with a shield', '🛡️ admin 🛡️'],
  ['with a symbol within it', 'ad♥min'],
  ['with an exclamation mark', 'Admin!'],
  ['with signs for letters and around it', '@ADM!N!'],
  ['as if it were mentioned', '@everyone'],
  ['with one letter in a square', '🅰dmin'],
  ['with one letter of a flag', '🇦dmin'],
  ['with a stroke through a letter', 'ađmin'],
  ['with a small Cherokee letter', 'ꭺdmin'],
  ['with more digits for letters', 'hu88u6'],
  ['grown together with another word', 'SupportTeam'],
  ['grown together without a capital', 'officialteam'],
  ['behind an article', 'theadmin'],
  ['between two x', 'xXadminXx'],
  ['in the plural', 'moderators'],
  ['with a digit before it', '1admin'],
  ['with a circled digit before it', '①admin'],
  ['between digits', '99admin99'],
  ['with Indian digits behind it', 'admin३'],
  ['behind a bar', 'Bob|Admin'],
  ['next to Chinese', '管理员admin'],
  ['in Cherokee', 'ᎪᎠᎷᎥᏁ'],
  ['with one small Cherokee letter', 'ꮇod'],
  ['in Canadian syllables', 'ᗩᗪᗰIᑎ'],
  ['in Coptic', 'ⲀⲆⲘⲒⲚ'],
  ['in Chinese strokes', '卂ᗪ爪丨几'],
  ['with signs of currencies', '₳Đ₥ł₦'],
  ['with the sign of the euro', 'syst€m'],
  ['with a circle for o', 'm○derator'],
  ['with a turned letter', 'admᴉn'],
  ['with a turned mark', 'adm¡n'],
]

/** From 12 scripts. */
// prettier-ignore
const ORDINARY = [
  'Ann', 'Björk', 'O’Neill', 'Jean-Luc', 'Nguyễn Văn An', 'Łukasz', 'Ólafur', 'Şebnem',
  'Mad Max 2', 'Ali', 'Ali 2', 'x', 'Administrata', 'Modesty', 'Herein', 'Al', 'Systema', 'ALI', 'Ali!', '@nn', 'Ann ✓', 'Al 🇱🇧', 'McRoom', 'Наташа',
  'Йосип', 'Володимир', 'Ελένη', 'Νίκος', 'محمد', 'فاطمة', 'דָּוִד', 'שרה',
  'अनुष्का', 'प्रिया', 'அருண்', 'సీత', 'সুমন', 'สมชาย', '小明', 'さくら',
  'タロウ', '김철수', 'გიორგი', '🦊', 'Zoë 👩‍🚀',
  'Badminton', 'Stafford', 'sysadmin', 'Ecosystem', '4you', 'Mod小明', '小明', '山田', 'Ann|Bo', '¡Olé!', 'ᏣᎳᎩ', 'Xavier', 'Theresa', 'A○B', '€uro',
]

test.each(DISGUISES)('[I4, S11] a reserved name is recognised %s: %j', (_how, typed) => {
  expect(isAllowed(typed)).toBe(false)
})

test.each(ORDINARY)('[I4, S11] an ordinary name is accepted: %s', (typed) => {
  expect(isAllowed(typed)).toBe(true)
  for (const key of Object.values(keysOf(typed)).flat()) expect(key).toMatch(/^\w+:./)
})

// prettier-ignore
test.each(['mod', 'b0t', 'Owner', 'r00t', 'host', 'server', 'ALL', 'every.one', 'here', 'channel', 'room', 'guest7', 'Y0U'])(
  '[I4] %j is reserved as a whole name, not as a word of a name', (word) => {
  expect([isReserved(word), isReserved(`${word} Smith`)]).toEqual([true, false])
})

test('[I4] a name that contains the name of the site is reserved', () => {
  expect([isReserved('My Tea Room'), isReserved('TeaRoom'), isReserved('Tea')]).toEqual([true, true, false])
  expect(reservedNames('🦊')('🦊')).toBe(true)
  expect(reservedNames('')('Ann')).toBe(false)
})

test.each([
  ['ALICE', 'Alice', true],
  ['AIice', 'Alice', true],
  ['A1ice', 'Alice', true],
  ['Alicé', 'Alice', true],
  ['А\u043bексей', 'алексей', true],
  ['Bob ', 'B o b', true],
  ['Ann-Lee', 'AnnLee', true],
  ['ｐａｕｌ', 'раul', true],
  ['Ann', 'Anna', false],
  ['Ann', 'Ann2', false],
  ['@lex', 'lex', false],
  ['小明', '小明明', false],
  ['🦊', '🐺', false],
  ['Björk', 'Bjarki', false],
  ['COC', 'сос', true],
  ['Ian', 'Lan', false],
  ['Oli', 'Oil', false],
  ['Ida', 'Lda', false],
  ['Arne', 'Ame', false],
  ['Tom', 'Torn', false],
  ['Marnie', 'Mamie', false],
  ['Clara', 'Dara', false],
  [
    '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    false,
  ],
  ['علی\u200cرضا', 'علیرضا', true],
  ['❤', '❤\ufe0f', true],
  ['עידו', 'עידן', false],
  ['มานิดา', 'มานิตา', false],
  ['അനിൽ', 'അനീൽ', false],
  ['土', '士', false],
  ['Aוice', 'Alice', true],
  ['علی', 'علي', true],
  ['مُحَمَّد', 'محـمد', true],
  ['דָּוִד', 'דוד', true],
])('[I3] %j looks like %j: %p', (name, other, isAlike) => {
  expect(keysOf(name).own.some((key) => keysOf(other).own.includes(key))).toBe(isAlike)
})

test.each([
  ['modern', 'modem'],
  ['VVanda', 'Wanda'],
  ['Clave', 'Dave'],
  ['cIara', 'dara'],
  ['Ann', 'ann'],
])('[I22] to a person with a role %j looks like %j', (name, other) => {
  expect(keysOf(name).pairs.some((key) => keysOf(other).pairs.includes(key))).toBe(true)
})

/** µs of CPU for all ordinary names, the best of ten */
const cost = (rounds: number, work: (name: string) => unknown) =>
  Math.min(
    ...Array.from({ length: 10 }, () => {
      const before = process.cpuUsage().user
      for (let n = 0; n < rounds; n += 1) for (const name of ORDINARY) work(name)
      return (process.cpuUsage().user - before) / rounds
    }),
  )

// Some 10 µs, and twice as many beside other programs, which slow down the yardstick as well.
test('[S11] a name is checked in at most 300 times the CPU of its normal form', () => {
  const check = cost(20, (name) => isAllowed(name) && keysOf(name))
  expect(check).toBeLessThan(300 * cost(2_000, (name) => name.normalize('NFKD').replace(/\p{M}/gu, '')))
})
