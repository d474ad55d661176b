/** What makes two names look alike (I3), and which names nobody may have (I4). */

import type { NameKeys } from '../ports.ts'

/** Reserved as a whole name and as any word of a name. */
// prettier-ignore
const RESERVED_WORDS = ['admin', 'admins', 'administrator', 'administrators', 'moderator', 'moderators', 'system', 'staff', 'support', 'official', 'hubbub']
/** A reserved word joined to one of these is reserved, too: `theadmin`. Joined to others it may be part of a word: `Badminton`. */
const GROWN_TOGETHER = /^(?:the|real|team|x+)|(?:team|bot|desk|x+)$/g
/** Reserved as a whole name only. */
// prettier-ignore
const RESERVED_NAMES = ['mod', 'bot', 'owner', 'root', 'host', 'server', 'all', 'everyone', 'here', 'channel', 'room', 'guest', 'deleted', 'you']

/**
 * Zero-width characters, accents of Latin letters, and the vowel points of Hebrew and Arabic, which are written or left out:
 * invisible, or nearly so. Tag characters stand only in flags, which they tell apart.
 */
const INVISIBLE =
  /(?![\u{e0020}-\u{e007f}])[\u0640\p{Default_Ignorable_Code_Point}\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u0652\u0670]/gu
/**
 * Scripts in which a whole name imitates no name in Latin, Cyrillic or Greek. `unhomoglyph` takes ordinary letters of theirs for
 * one, such as the three Thai ones in คดต and the Hebrew ones that end Ido and Idan.
 */
const DISTINCT =
  /[\p{sc=Arabic}\p{sc=Hebrew}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{sc=Devanagari}\p{sc=Bengali}\p{sc=Gurmukhi}\p{sc=Gujarati}\p{sc=Oriya}\p{sc=Tamil}\p{sc=Telugu}\p{sc=Kannada}\p{sc=Malayalam}\p{sc=Sinhala}\p{sc=Tibetan}\p{sc=Mongolian}\p{sc=Ethiopic}\p{sc=Georgian}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}]/u
/** Letters that Arabic and Persian keyboards type differently and that look the same. */
const ARABIC_TWINS: Record<string, string> = { ی: 'ي', ى: 'ي', ک: 'ك' }
/** White space and punctuation, but not @ and !, which stand for letters. */
const SEPARATORS = /(?![@!])[\s\p{P}]+/gu
/** Signs read as letters. */
// prettier-ignore
const LETTER_OF_SIGN: Record<string, string> = { '0': 'o', '1': 'l', '!': 'l', '|': 'l', '3': 'e', '4': 'a', '@': 'a', '5': 's', $: 's', '6': 'b', '7': 't', '8': 'b', 'ʌ': 'a', 'ƛ': 'a', '∂': 'd' }
const SIGNS = new RegExp(`[${Object.keys(LETTER_OF_SIGN).join('')}]`, 'gu')
/** Signs that adorn a name, as in `★ Admin ★`. `$` and `|` stand for letters, and so does `∂`. */
const ADORNMENTS = /(?![$|∂])\p{S}+/gu
/** Letters in black circles, in squares and of flags, which have no compatible letter. */
const ENCLOSED = /[\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}\u{1f1e6}-\u{1f1ff}]/gu

/** Signs that fancy alphabets and keyboards use for a letter, and that `unhomoglyph` lacks. Only reserved names are compared by them. */
// prettier-ignore
const FANCY: Record<string, string> = {
  a: '卂ᗩᎪⲀ₳Ⱥɐ∆', b: '乃ᗷᏴⲂ฿', c: '匚ᑕᏟⲤ¢₵', d: 'ᗪᎠⲆ', e: '乇ᎬⲈ€Ɇǝ', f: '千ᖴ₣', g: 'Ꮆ₲', h: '卄ᕼᎻⲎⱧ', i: '丨ᎥⲒ¡ᴉ', j: 'ᒍᎫ', k: 'ᏦⲔ₭',
  l: 'ㄥᒪᏞⱠ£₤└', m: '爪ᗰᎷⲘ₥ɯ', n: '几ᑎᏁⲚ₦ŋ', o: 'ㄖᎾᗝⲞ○◯◎●◉⦿⚪⚫⭕⓿☺☻', p: '卩ᑭᏢⲢ₱', r: '尺ᖇᎡⱤɹ', s: '丂ᔕᏚ§₴Ƨ', t: 'ㄒᎢⲦ₮ʇ', u: 'ㄩᑌᏌɄ',
  v: 'ᐯᏙ', w: '山ᗯᎳ₩', x: '乂᙭ⲬӾ', y: 'ㄚᎩⲨɎʎ', z: '乙ᘔᏃⲌⱫ',
}
const LETTER_OF_FANCY = new Map(
  Object.entries(FANCY).flatMap(([letter, signs]) =>
    [...signs, ...signs.toLowerCase()].map((sign) => [sign, letter] as const),
  ),
)

/** a to z. The table of `unhomoglyph` knows only some of them. */
const SMALL_CAPITALS = [...'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ']
/**
 * The table of `unhomoglyph`, not its function, which is one pattern of 6,311 characters: 8 MB and 100 ms at its first call.
 * Loaded at the first name (7 MB), so that an idle server stays within 60 MB (O18).
 */
let lookAlikes: Map<string, string> | undefined

/**
 * The keys of a cleaned name, of two kinds that are compared each with its own: in lower case, for `ALICE` and `Alice`; and
 * with capitals kept, for `AIice` with a capital I. Nobody has a key that another person owns.
 */
export function keysOf(name: string): NameKeys {
  const base = withoutInvisible(name).replace(SEPARATORS, '') || name
  const isDistinct = DISTINCT.test(base) && !Array.from(base).some(isImitating)
  const read = isDistinct ? withArabicTwins : withLookAlikes
  const lower = read(base.toLowerCase()).toLowerCase()
  const cased = read(base)
  return {
    own: [`lower:${lower}`, `cased:${cased}`],
    pairs: [`lowerPairs:${withPairsRead(lower)}`, `casedPairs:${withPairsRead(cased)}`],
  }
}

const isImitating = (sign: string) => /\p{L}/u.test(sign) && !DISTINCT.test(sign)
const withArabicTwins = (text: string) => text.replace(/[یىک]/g, (letter) => ARABIC_TWINS[letter] ?? letter)

/**
 * @returns whether a cleaned name is reserved; the site's name is reserved too
 * @param numbered a word that is reserved only as a whole name is allowed with a number after it, as in `Room 5`
 */
export function reservedNames(siteName: string, { numbered = false } = {}): (name: string) => boolean {
  let reserved: ReturnType<typeof reservedBy> | undefined
  return (name) => {
    const { words, names, phrases } = (reserved ??= reservedBy(siteName))
    const isNumbered = numbered && ENDS_WITH_NUMBER.test(name)
    return undressed(name)
      .flatMap(readings)
      .some((text) => {
        const loose = withOneIAndL(text)
        return (
          words.has(withoutSpaces(loose)) ||
          loose.split(' ').some((word) => words.has(withPairsRead(word.replace(GROWN_TOGETHER, '')))) ||
          phrases.some((phrase) => ` ${loose} `.includes(phrase)) ||
          (!isNumbered && names.has(withoutSpaces(text)))
        )
      })
  }
}

/** @returns whether a cleaned name, without a number at its end, looks like this word */
export function imitates(word: string): (name: string) => boolean {
  return (name) =>
    !ENDS_WITH_NUMBER.test(name) &&
    undressed(name)
      .flatMap(readings)
      .some((text) => withoutSpaces(withOneIAndL(text)) === withOneIAndL(word))
}

function reservedBy(siteName: string) {
  const phrases = [...RESERVED_WORDS, siteName]
    .flatMap(readings)
    .filter((word) => word !== '')
    .map(withOneIAndL)
  return {
    words: new Set(phrases.map(withoutSpaces)),
    names: new Set(RESERVED_NAMES),
    phrases: phrases.map((phrase) => ` ${phrase} `),
  }
}

const ENDS_WITH_NUMBER = /\d\P{L}*$/u
/** `1admin` */
const FIRST_DIGITS = /(?<![\p{L}\p{N}])\p{N}+(?=\p{L})/gu
/** `管理员admin` */
const DISTINCT_WORD = new RegExp(`(?<=[A-Za-z])${DISTINCT.source}+|${DISTINCT.source}+(?=[A-Za-z])`, 'gu')

/** In the longer reserved words i and l are one letter: nobody is called `admln`, but many are called Ali, which is not `all`. */
const withOneIAndL = (text: string) => text.replaceAll('i', 'l')

/** A name, and the name without its stars, its `@` and other signs, and with its words apart: `★Admin★`, `@admin`, `AdminBot`, `Bob|Admin`. */
function undressed(name: string): string[] {
  const letters = name.replace(ENCLOSED, (sign) => {
    const code = sign.codePointAt(0) ?? 0
    return String.fromCharCode(97 + ((code - (code < 0x1f1e6 ? 0x1f150 : 0x1f1e6)) % 32))
  })
  const fancy = Array.from(letters, (sign) => LETTER_OF_FANCY.get(sign) ?? sign).join('')
  const bare = letters.replace(ADORNMENTS, ' ')
  const begun = bare.replace(/(?<![\p{L}\p{N}@!$|])[@!$|]+/gu, '')
  const ended = [...new Set([bare, begun])].map((text) => text.replace(/[@!$|]+(?![\p{L}\p{N}@!$|])/gu, ''))
  const split = [...new Set(ended)].map((text) =>
    text
      .replace(/(?<=\p{Ll})(?=\p{Lu})|\|/gu, ' ')
      .replace(DISTINCT_WORD, ' $& ')
      // Kept as a word, so that `4you` is not read as the reserved name `you`.
      .replace(FIRST_DIGITS, 'x '),
  )
  return [...new Set([letters, fancy, bare, begun, ...ended, ...split])]
}

/**
 * Every way to read a text, its words with one space between: case folded before or after look-alikes are replaced, digits at
 * the end of words cut or read as letters.
 */
function readings(text: string): string[] {
  const words = withoutInvisible(text).replace(SEPARATORS, ' ').trim()
  const cut = words.replace(/\p{Nd}+(?= |$)/gu, '').trim()
  const typed = new Set([words, cut].flatMap((reading) => [reading.toLowerCase(), withCapitalsRead(reading)]))
  return [...new Set(Array.from(typed, readAsLetters))]
}

/** Among capitals an I is an I: `ALI` is not `all`, but `AIl` and `AII` are. */
const withCapitalsRead = (text: string) =>
  text.replace(/[^ ]+(?!I)\p{Lu}[^ ]*/gu, (word) => word.replaceAll('I', 'i'))

/** A text as a hasty reader sees it: look-alikes and signs become the letters that they stand for. */
function readAsLetters(text: string): string {
  // The table reads đ as d with a stroke, and a small Cherokee letter as a small capital.
  const read = withLookAlikes(withLookAlikes(text)).replace(/[\u0300-\u036f]/g, '')
  return withPairsRead(read.toLowerCase()).replace(SIGNS, (sign) => LETTER_OF_SIGN[sign] ?? sign)
}

/** A text with each pair of letters that a hasty reader takes for one replaced by it. */
const withPairsRead = (text: string) =>
  text.replace(/rn|vv|cl/g, (pair) => (pair === 'rn' ? 'm' : pair === 'vv' ? 'w' : 'd'))

/** A text with each character replaced by the one that it looks like. */
function withLookAlikes(text: string): string {
  lookAlikes ??= loadLookAlikes()
  let read = ''
  for (const sign of text) read += lookAlikes.get(sign) ?? sign
  return read
}

function loadLookAlikes(): Map<string, string> {
  // The table reads m as rn. Such a pair counts only where `withPairsRead` is called.
  const table = Object.entries(require('unhomoglyph/data.json') as Record<string, string>)
  const map = new Map(table.map(([sign, letter]) => [sign, letter.replace('rn', 'm')]))
  for (const [at, sign] of SMALL_CAPITALS.entries()) {
    const letter = String.fromCharCode(97 + at)
    map.set(sign, map.get(letter) ?? letter)
  }
  return map
}

const withoutInvisible = (text: string) => text.normalize('NFKD').replace(INVISIBLE, '')
const withoutSpaces = (words: string) => withPairsRead(words.replaceAll(' ', ''))
