import { expect, test } from 'bun:test'
import { cleanName, cleanRoomName, parseRoomPath, roomPath, slugOf } from '../../src/shared/names.ts'
import { byteLength, cleanText, textFault } from '../../src/shared/text.ts'
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

// prettier-ignore
const SPELT_WITH_MARKS = [
  'लक्ष्मी', 'ज्योत्स्ना', 'নেহা লক্ষ্মী', 'లక్ష్మి', 'സ്ത്രീ', 'ஸ்ரீ', 'ગુજ્જૂ', 'ਗੁਰਪ੍ਰੀਤ', 'ଲକ୍ଷ୍ମୀ', 'ಲಕ್ಷ್ಮೀ',
  'ශ්\u200dරීමතී', 'ស្រីនិច', 'မြင့်မြတ်', 'བསྒྲུབས', 'เก๋ กี้', 'ຄຳແກ້ວ', 'שָׁלוֹם', 'בְּרָכָה', 'مُحَمَّدٌ', 'عَبْدُ اللّٰه',
  'Nguyễn Thị Ệ', 'Ọ̀ṣun', 'Ṣọ́lá', 'ᾧδή', 'Алёна й', 'ᠮᠣᠩᠭᠣᠯ', 'አበበ', 'Ğöçü', '한글', 'ガイ',
]
test.each(SPELT_WITH_MARKS)('[I2] the name %s, spelt with marks, is accepted', (typed) => {
  expect(cleanName(typed)).toEqual({ name: typed.normalize('NFC') })
})

// prettier-ignore
test.each([
  'می\u200cخواهم', 'علی\u200cرضا', 'بُ\u200cبُ', 'ക്\u200d', 'क्\u200cष', 'क्\u200dष', 'র\u200d্যাচেল', 'ರ\u200d್ಯಾಲಿ',
  '👩\u200d🚀', '🏳️\u200d🌈', '❤\u200d🔥', '👨🏽\u200d🤝\u200d👨🏿', '🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}',
])('[I2] the name %j keeps the joiners and tags that its spelling needs', (typed) => {
  expect(cleanName(typed)).toEqual({ name: typed.normalize('NFC') })
})

// prettier-ignore
test.each([
  'a\u200db', 'a\u200cb', 'क\u200dर', 'ب\u200ca', 'ب\u200c\u200cب', '👍\u200d', 'a\u200d👍', '\u200c', 'a\u{e0067}',
  '👍\u{e0067}\u{e007f}', '🏴\u{e0075}\u{e0073}\u{e007f}', 'a\u00adb', 'a\ufffbb', 'ក\u17b4', 'a\u180eb',
])('[I2] the name %j has an invisible character that no spelling needs', (typed) => {
  expect(cleanName(typed)).toEqual({ fault: 'characters' })
})

test.each([
  ['\u2068محمد\u2069', 'محمد'],
  ['יוסף\u200f', 'יוסף'],
  [' \u200eAnn \ufeff', 'Ann'],
  ['田中\u200b', '田中'],
])('[I30] marks of direction around the name %j are dropped', (typed, name) => {
  expect(cleanName(typed)).toEqual({ name })
})

test.each([
  ['\u200f', 'empty'],
  ['\u202egpj', 'characters'],
  ['a\u2068b', 'characters'],
] as const)('[I30] %j is refused as %s', (typed, fault) => {
  expect(cleanName(typed)).toEqual({ fault })
})

test('[I2] a joiner that changes nothing between Arabic letters is dropped', () => {
  for (const [typed, name] of [
    ['امیر\u200cحسین', 'امیرحسین'],
    ['ستاره\u200c', 'ستاره'],
    ['هۆبه\u200c کو', 'هۆبه کو'],
  ] as const)
    expect(cleanName(typed)).toEqual({ name })
})

// prettier-ignore
test.each([
  ['z', 2], ['\u0436', 2], ['\u03c9', 2], ['1', 2], ['👍', 2], ['क', 8], ['א', 8], ['ก', 8],
] as const)('[I2] %s may have %i marks and no more', (letter, most) => {
  expect(cleanName(letter + '\u0335'.repeat(most))).not.toMatchObject({ fault: 'marks' })
  expect(cleanName(letter + '\u0335'.repeat(most + 1))).toEqual({ fault: 'marks' })
})

test('[I23] a room typed as #general is the room general', () => {
  expect(['#general', ' # Über uns', '#️⃣ tags', 'C#', '#'].map(cleanRoomName)).toEqual([
    { name: 'general' },
    { name: 'Über uns' },
    { name: '#️⃣ tags' },
    { name: 'C#' },
    { fault: 'empty' },
  ])
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

test.each([
  ['tea', 'Tea', '/chat/tea'],
  ['cafe-zoe', ' Café  Zoë! ', '/chat/cafe-zoe'],
  ['lobby', 'lobby', '/chat/lobby'],
  ['old-tea--2', 'old-tea--2', '/chat/old-tea--2'],
  ['w1ww2ecz', '日本語', '/chat/日本語~w1ww2ecz'],
  ['w1ww2ecz', 'लक्ष्मी की रसोई', '/chat/लक्ष्मी-की-रसोई~w1ww2ecz'],
  ['w1ww2ecz', 'می\u200cخواهم؟', '/chat/می\u200cخواهم~w1ww2ecz'],
  ['w1ww2ecz', '🎉', '/chat/🎉~w1ww2ecz'],
  ['w1ww2ecz', 'a/b?c#d%e~f', '/chat/a-b-c-d-e-f~w1ww2ecz'],
  ['odz', 'Łódź', '/chat/Łódź~odz'],
  ['tea', 'Kitchen', '/chat/Kitchen~tea'],
  ['w1ww2ecz', '$$', '/chat/w1ww2ecz'],
])('[U175] the address of %s, called %j, is %s', (room, name, path) => {
  expect(roomPath(room, name)).toBe(path)
  const { pathname } = new URL(roomPath(room, name, 17), 'http://chat.test')
  expect([path, pathname].map(parseRoomPath)).toEqual([{ room }, { room, seq: 17 }])
})

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
