import { LIMITS } from './limits.ts'

/** C0, DEL and C1, except newline and tab. */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** Characters that are visible. Hangul fillers are default-ignorable; the blanks of Braille, music and hieroglyphs are not. */
const VISIBLE =
  /[^\s\u{16fe4}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\u{13441}\u{13442}\u{1d159}]/u

export function isBlank(text: string): boolean {
  return !VISIBLE.test(text)
}

/** Bytes of a text in UTF-8. `shared` uses no types of a platform, so `TextEncoder` is out. */
export function byteLength(text: string): number {
  let bytes = 0
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

/** A text as it may be sent: CRLF becomes a newline, control characters are dropped, lone surrogates replaced. Never cuts. */
export function cleanText(typed: string): string {
  return typed.replace(/\r\n?/g, '\n').replace(CONTROLS, '').toWellFormed()
}

/** Why the server refuses a text, or null. It refuses texts that `cleanText` would change. */
export function textFault(text: string): 'blank' | 'tooBig' | 'malformed' | null {
  if (text.length > LIMITS.text || byteLength(text) > LIMITS.textBytes) return 'tooBig'
  if (isBlank(text)) return 'blank'
  if (!text.isWellFormed() || text.search(CONTROLS) >= 0) return 'malformed'
  return null
}

/**
 * Scripts that write no spaces between words, Korean, which joins particles to them, and the wide letters and brackets that
 * stand among these scripts.
 */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}\uff01-\uff5e]/u
/** Part of a word. Marks are, because a letter of many scripts ends with one. */
const WORD = /[\p{L}\p{M}\p{N}]/u
/** "And", "to" and the article are a letter at the front of the next word. */
const JOINS_NEXT = /[\p{scx=Arab}\p{scx=Hebr}]/u

export const isWord = (letter: string) => WORD.test(letter)

/** Is this a letter or punctuation of scripts without spaces between words? */
export function isUnspaced(letter: string): boolean {
  return UNSPACED.test(letter)
}

/** Is this a letter of Arabic or Hebrew, which may be a word by itself that is joined to the next one? */
export function mayJoinNext(letter: string): boolean {
  return JOINS_NEXT.test(letter)
}

/** May an `@` behind this character begin a name, or does it stand within a word? */
export function mayNameFollow(letter: string): boolean {
  return !isWord(letter) || UNSPACED.test(letter) || mayJoinNext(letter)
}

/** Accents of Latin, Greek and Cyrillic letters, points and stretches of Arabic and Hebrew ones, dots and joins of Indian ones. */
const OPTIONAL =
  /[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u0655\u0670\u093c\u094d\u09bc\u0a3c\u200c-\u200f\u061c\u2066-\u2069\u0640]/g
// prettier-ignore
const SEARCHED_AS: Record<string, string> = {
  ς: 'σ', đ: 'd', ł: 'l', ø: 'o', ı: 'i', ß: 'ss', æ: 'ae', œ: 'oe', 'ं': 'न', ی: 'ي', ى: 'ي', ک: 'ك', ة: 'ه', '’': "'", ʼ: "'",
}

/**
 * A text as searches compare it: without capitals, accents and what people leave out, so `dang` finds Đặng, and `हिंदी` हिन्दी.
 * Hiragana count as Katakana and Hangul by their parts: an input method shows these before it is done.
 */
export function searchKey(text: string): string {
  if (/^[ -~]*$/.test(text)) return text.toLowerCase()
  return text
    .normalize('NFKD')
    .replace(OPTIONAL, '')
    .toLowerCase()
    .replace(/[\u0902ςđłøıßæœیىکة’ʼ]/g, (letter) => SEARCHED_AS[letter] ?? letter)
    .replace(/[ぁ-ゖ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) + 0x60))
}

let segmenter: Intl.Segmenter | undefined

/** The characters that a person would count. The segmenter is made at the first text: it takes 2 MB and 40 ms. */
export function graphemesOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

// Made on first use: compiling thousands of emoji takes a browser 40 ms, which would delay the first paint (W3).
let emoji: RegExp | undefined

export function holdsEmoji(text: string): boolean {
  emoji ??= new RegExp('\\p{RGI_Emoji}', 'v')
  return emoji.test(text)
}

// Not \p{Emoji}, which includes the digits. A flag has no pictograph, so `holdsEmoji` is asked too.
const PICTOGRAPH = /\p{Extended_Pictographic}/u

/** Why a text is not one emoji, or null if it is: one character as a person counts them, with a pictograph or a flag. */
export function emojiFault(text: string): 'tooBig' | 'malformed' | null {
  if (text.length > LIMITS.emoji || byteLength(text) > LIMITS.emoji) return 'tooBig'
  const shows = text.isWellFormed() && (PICTOGRAPH.test(text) || holdsEmoji(text))
  return shows && graphemesOf(text).length === 1 ? null : 'malformed'
}
