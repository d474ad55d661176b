import { expect, test } from 'bun:test'
import { cleanName, cleanRoomName } from '../../../src/hub/people/cleanName.ts'

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

test.each(['\u202egpj', 'a\u2068b', '\u2068Ann\u2069', 'Ann\u200b', '\u200f'])(
  '[I2] the name %j has a mark of direction or an invisible space',
  (typed) => {
    expect(cleanName(typed)).toEqual({ fault: 'characters' })
  },
)

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
