/** Kinds of characters that the rules of writing speak of. */
import { isUnspaced, isWord, mayJoinNext } from '../text.ts'

const EMOJI = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{RI}\ufe0f\u20e3]/u
/** Punctuation that ASCII does not have, such as `。`, `؟` and `।`, ends and begins sentences in all scripts alike. */
const FOREIGN = /(?![\0-\x7f])\p{Po}/u

/** Does this end or divide a sentence, in a script other than Latin? */
export function isForeignPunctuation(letter: string): boolean {
  return FOREIGN.test(letter)
}

const BEFORE = /[\s\p{Ps}\p{Pi}\p{Pd}\p{Cf}"':,;<>]/u
const AFTER = /[\s\p{Pe}\p{Pf}\p{Pi}\p{Pd}\p{Cf}"':,;.!?<>]/u
/** Two words in bold may stand on both sides of these; a single mark next to them is part of a path or a formula. */
const BETWEEN = /[/&+|\u2190-\u21ff]/
const LEADING = /[\p{Ps}\p{Pi}\p{Pd}\p{Sc}\p{Cf}"'#@+*_~]/u
const TRAILING = /[\p{Pe}\p{Pf}\p{Pi}\p{Sc}\p{Cf}"'.,:;!?%#°™©®+*_~]/u
/** Allowed within `**` and `~~`: `.NET`, `:tada:`, `>100`, `★ Ann ★`. Within single marks they belong to a pattern or a face. */
const EDGE_OF_DOUBLE = /[.:%\p{Sm}\p{So}]/u
/** A blank is allowed behind punctuation, as in `**Pourquoi ?**`, but not next to a mark or to quotes around one: `'**' and '**'`. */
const BLANK = /[ \xa0\u202f]/

const isEmoji = (letter: string) => EMOJI.test(letter)

/** No edge of emphasis has more punctuation between the mark and a letter. */
const MAX_EDGE = 8

/** The character that begins at an index, whole; '' at the end. */
export function letterAt(text: string, index: number): string {
  const code = text.codePointAt(index)
  return code === undefined ? '' : String.fromCodePoint(code)
}

/** The character that ends before an index, whole; '' at the start. */
export function letterBefore(text: string, index: number): string {
  const isPair = index > 1 && (text.codePointAt(index - 2) ?? 0) > 0xffff
  return index === 0 ? '' : letterAt(text, index - (isPair ? 2 : 1))
}

/** Skips marks, so that `a**_b_**` is seen to begin inside a word. */
function pastMarks(text: string, from: number, step: 1 | -1): number | null {
  let index = from
  for (let count = 0; count < MAX_EDGE; count += 1, index += step) {
    const letter = step === 1 ? text[index] : text[index - 1]
    if (letter !== '*' && letter !== '_' && letter !== '~' && letter !== '\\') return index
  }
  return null
}

/**
 * May emphasis begin at the mark between these indices?
 * @param isDouble `**` or `~~`, which few texts have by themselves: it may also begin at `/`, next to a script without spaces, and behind a prefix
 */
export function mayBegin(text: string, from: number, to: number, isDouble: boolean): boolean {
  const index = pastMarks(text, from, -1)
  if (index === null) return false
  const letter = letterBefore(text, index)
  if (letter === '' || isEmoji(letter) || FOREIGN.test(letter) || BEFORE.test(letter)) return true
  if (!isDouble) return false
  return BETWEEN.test(letter) || isUnspaced(letter) || isUnspaced(letterAt(text, to)) || mayJoinNext(letter)
}

/** May emphasis end at the mark between these indices? */
export function mayEnd(text: string, from: number, to: number, isDouble: boolean): boolean {
  const index = pastMarks(text, to, 1)
  if (index === null) return false
  const letter = letterAt(text, index)
  // A dot within a word: `__init__.py`, `*test*.ts`.
  if (letter === '.' && isWord(letterAt(text, index + 1))) return false
  if (letter === '' || isEmoji(letter) || FOREIGN.test(letter) || AFTER.test(letter)) return true
  return isDouble && (BETWEEN.test(letter) || isUnspaced(letter) || isUnspaced(letterBefore(text, from)))
}

/**
 * May this character stand between a mark and the nearest letter, at either end?
 * @param outer its neighbour on the side of the mark; '' if that neighbour is the mark
 */
function mayEdge(letter: string, isDouble: boolean, outer: string): boolean {
  if (BLANK.test(letter)) return (isDouble ? /[^"'“”‘’„]/ : /[!?:;«»%\p{Sc}]/u).test(outer)
  return FOREIGN.test(letter) || (isDouble && EDGE_OF_DOUBLE.test(letter))
}

/** Where the first letter, digit or emoji behind an opening mark begins; null if more than punctuation comes before it. */
export function firstWord(text: string, from: number, isDouble: boolean): number | null {
  let index = from
  let outer = ''
  for (let count = 0; count < MAX_EDGE; count += 1) {
    const letter = letterAt(text, index)
    if (isWord(letter) || isEmoji(letter)) return index
    if (letter === '' || !(LEADING.test(letter) || mayEdge(letter, isDouble, outer))) return null
    outer = letter
    index += letter.length
  }
  return null
}

/** Where the last letter, digit or emoji before a closing mark ends; null if more than punctuation follows it. */
export function lastWord(text: string, to: number, isDouble: boolean): number | null {
  let index = to
  let outer = ''
  for (let count = 0; count < MAX_EDGE; count += 1) {
    const letter = letterBefore(text, index)
    if (isWord(letter) || isEmoji(letter)) return index
    if (letter === '' || !(TRAILING.test(letter) || mayEdge(letter, isDouble, outer))) return null
    outer = letter
    index -= letter.length
  }
  return null
}

/** Is this within a word? */
export function isWithinWord(text: string, to: number): boolean {
  return isWord(letterAt(text, to))
}

/** Is this letter of a script with spaces: may a mark next to it be part of a word? */
export function isSpacedWord(letter: string): boolean {
  return isWord(letter) && !isUnspaced(letter)
}

/** Holds a letter, a digit or an emoji: something to make bold, to quote or to list. */
export function holdsWord(text: string): boolean {
  return isWord(text) || EMOJI.test(text)
}
