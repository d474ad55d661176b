/** Where a text may name a person. Pure; only the store knows which of these names people have. */
import { LIMITS } from '../../shared/limits.ts'
import { foldedName } from '../../shared/mentions.ts'
import type { Mention, User } from '../../shared/model.ts'
import { isUnspaced, isWord, mayNameFollow } from '../../shared/text.ts'
import { letterAt, letterBefore } from '../../shared/writing/letters.ts'
import { proseRanges } from '../../shared/writing/writing.ts'

/** An `@` that begins a word. `ends`: what a name there could be, folded, the shortest first. */
export interface NamePlace {
  at: number
  ends: readonly { end: number; name: string }[]
}

/** Possible names of one text that are looked up: those of 50 mentions come to some 500. */
const MAX_NAMES = 1_000
/** UTF-16 units of a name in any composition. */
const MAX_UNITS = 160
/** Characters before an `@` in which an address without a scheme is recognised. */
const MAX_ADDRESS = 100

const SPACE = /\s/
const DIGIT = /\p{N}/u
const ASCII_WORD = /[a-z\d]/i
const REST_OF_WORD = /[a-z\d]+/iy
/** ASCII without two blanks in a row, as most texts are. */
const ONE_SPACED = /^[!-~]+(?: [!-~]+)*$/
/** Also as wide as Japanese keyboards type it. */
const AT = /[@＠]/g
/** A foreign name in Katakana goes on as long as the Katakana do. */
const KATAKANA = /\p{scx=Katakana}/u
/** What belongs to the character before it. */
const GOES_ON = /[\p{M}\p{Emoji_Modifier}\u200c\u200d]/u
/** Between two letters of scripts with spaces these are a part of a word: `@ann-marie`, `@ann_b`, `@ann.org`, `@ann/lodash`. */
const JOINS = /[-\u2010\u2011\u05be./\p{Pc}]/u
/** The host in an address of another service: `@ann@mastodon.example`. */
const HOST = /@[\p{L}\p{M}\p{N}-]{1,63}\.[\p{L}\p{N}]/uy

/** The places of a text where a person may be named, in order. */
export function namePlaces(text: string): NamePlace[] {
  const places: NamePlace[] = []
  let names = 0
  for (const { index: at } of text.matchAll(AT)) {
    if (names >= MAX_NAMES) break
    // `@ann@bob` may be both of them.
    const mayFollow = places.at(-1)?.ends.some(({ end }) => end === at)
    if (!mayFollow && isInWord(text, at)) continue
    const ends = possibleNames(text, at + 1)
    names += ends.length
    if (ends.length > 0) places.push({ at, ends })
  }
  return places
}

/**
 * The mentions of a text, in order and not overlapping: at each place the longest name that a person has, but none in code or
 * in an address. @param people by folded name
 */
export function mentionsIn(
  text: string,
  places: readonly NamePlace[],
  people: ReadonlyMap<string, readonly User[]>,
): Mention[] {
  const mentions: Mention[] = []
  if (people.size === 0) return mentions
  const prose = proseRanges(text)
  let range = 0
  let free = 0
  for (const { at, ends } of places) {
    while (range < prose.length && endOf(prose[range]) <= at) range += 1
    const { at: proseAt = Infinity } = prose[range] ?? {}
    if (at < free || at < proseAt || (at !== free && isInWord(text, at))) continue
    const found = ends.findLast(({ end, name }) => end <= endOf(prose[range]) && people.has(name))
    if (found === undefined) continue
    free = found.end
    const user = meant(text.slice(at + 1, free), people.get(found.name) ?? [])
    if (user === undefined) continue
    if (mentions.push({ user: user.id, at, length: free - at }) === LIMITS.mentions) break
  }
  return mentions
}

/** Of people whose names fold to the same text: the one whose spelling is typed, apart from capitals; otherwise the first. */
function meant(typed: string, alike: readonly User[]): User | undefined {
  const written = (name: string) => name.normalize('NFC').toLowerCase()
  return (alike.length > 1 && alike.find(({ name }) => written(name) === written(typed))) || alike[0]
}

const endOf = (range: { at: number; length: number } | undefined) => (range ? range.at + range.length : 0)

/** Does the `@` stand within a word, as in `mail@ann.org`, or within an address without a scheme, as in `medium.com/@ann`? */
function isInWord(text: string, at: number): boolean {
  const before = letterBefore(text, at)
  if (/[@＠]/.test(before) || !mayNameFollow(before)) return true
  if (before === '_') return isWord(letterBefore(text, at - 1))
  if (before !== '/') return false
  const word =
    text
      .slice(Math.max(0, at - MAX_ADDRESS), at)
      .split(/\s/)
      .at(-1) ?? ''
  return /[\p{L}\p{N}]\.\p{L}/u.test(word)
}

/** What a name that begins at `from` could be, folded, for each place where it could end. */
function possibleNames(text: string, from: number): NamePlace['ends'] {
  const ends = endsOfNames(text, from)
  const longest = text.slice(from, ends.at(-1) ?? from)
  // Folded once for all ends: only case changes in such a text.
  const folded = ONE_SPACED.test(longest) ? longest.toLowerCase() : null
  return ends.map((end) => {
    return { end, name: folded?.slice(0, end - from) ?? foldedName(text.slice(from, end)) }
  })
}

/** Every place where a name that begins at `from` could end. */
function endsOfNames(text: string, from: number): number[] {
  const ends: number[] = []
  let size = 0
  let before = ' '
  for (let end = from; end <= from + MAX_UNITS;) {
    const after = letterAt(text, end)
    if (!isSpace(before) && isEnd(text, end, before, after)) ends.push(end)
    if (after === '' || after === '\n' || (end === from && isSpace(after))) break
    const begin = end
    end += after.length
    if (ASCII_WORD.test(after)) {
      // No name ends within a word, so most texts cost a look at each word, not at each letter.
      REST_OF_WORD.lastIndex = end
      if (REST_OF_WORD.test(text)) end = REST_OF_WORD.lastIndex
      size += end - begin
    } else if (!GOES_ON.test(after)) {
      // A flag, or an emoji with a joiner, is one grapheme of two characters.
      size += after.length > 1 ? 0.5 : 1
    }
    if (size > LIMITS.name.graphemes) break
    before = after
  }
  return ends
}

const isSpace = (letter: string) => SPACE.test(letter)

/** May a name end here, between these two characters? */
function isEnd(text: string, end: number, before: string, after: string): boolean {
  if (GOES_ON.test(after)) return false
  HOST.lastIndex = end
  const isJoined = JOINS.test(after) || (after === '@' && HOST.test(text))
  const next = isJoined ? letterAt(text, end + after.length) : after
  if (!isWord(next)) return true
  if (DIGIT.test(after)) return false
  if (!isWord(before)) return true
  return (isUnspaced(before) || isUnspaced(next)) && !(KATAKANA.test(before) && KATAKANA.test(next))
}
