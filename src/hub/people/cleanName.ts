/** Which names people and rooms may have, and how they are written (I1, I2). */
import type { NameFault } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import { byteLength, graphemesOf, holdsEmoji } from '../../shared/text.ts'

/** The server's answer to each fault, for people who use the API; the page words the `reason` itself. */
export const NAME_FAULTS: Record<NameFault, string> = {
  empty: 'A name needs at least one letter, digit or emoji.',
  long: `A name has at most ${LIMITS.name.graphemes} characters, and a room’s name ${LIMITS.roomName.graphemes}.`,
  characters: 'A name cannot contain invisible or control characters.',
  marks: 'A name cannot have that many marks on one letter.',
  mixed: 'A name cannot mix Latin, Cyrillic and Greek letters.',
  reserved: 'This name is reserved.',
}

/** Control, private, unassigned and format characters, and letters that are invisible. */
const REFUSED =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u034f\u17b4\u17b5\u115f\u1160\u2800\u3164\uffa0]/u
/** Scripts with letters that look alike. */
const SCRIPTS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u]
/** Where two marks on a letter are ordinary; elsewhere vowels, tones and stacked letters are marks too. */
const FEW_MARKS =
  /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Common}\p{Script=Inherited}]/u

let joiners: ReturnType<typeof spellingCharacters> | undefined

/**
 * The format characters that spelling needs: in emoji, in the flags of England, Scotland and Wales, and by RFC 5892 (CONTEXTJ).
 * Made at the first name, as an idle server needs none. Scripts that nobody writes today are left out.
 */
function spellingCharacters() {
  // Signs that take a consonant's vowel away: the nine scripts of India have theirs 128 characters apart.
  const indic = Array.from({ length: 9 }, (_, n) => String.fromCharCode(0x94d + 128 * n)).join('')
  const virama = `[${indic}\u0dca\u0e3a\u0eba\u0f84\u1039\u103a\u1714\u1734\u17d2\u1a60\u1b44\u1baa\u1bab\u1bf2\u1bf3\u2d7f\ua806\ua8c4\ua953\ua9c0\uaaf6\uabed\u{11133}\u{11134}]`
  const joining = `(?=\\p{L})[\\p{sc=Arabic}\\p{sc=Syriac}\\p{sc=Mandaic}\\p{sc=Nko}\\p{sc=Mongolian}\\p{sc=Adlam}\\p{sc=Hanifi_Rohingya}]`
  // Arabic letters that never join the next one.
  const endsJoin =
    '[\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2-\u06d5\u06ee\u06ef]'
  const pictograph = '\\p{Extended_Pictographic}'
  const parts = [
    // Before a virama too: Bengali and Kannada write র‍্য and ರ‍್ಯ so, which the RFC forgot.
    `(?<=${virama})[\u200c\u200d]|(?<=\\p{L})\u200d(?=${virama})`,
    `(?<=(?!${endsJoin})${joining}\\p{Mn}*)\u200c(?=\\p{Mn}*${joining})`,
    `(?<=${pictograph}\ufe0f?\\p{Emoji_Modifier}?)\u200d(?=${pictograph})`,
    '\\p{RGI_Emoji_Tag_Sequence}',
  ]
  return {
    needed: new RegExp(parts.join('|'), 'gv'),
    // People type it by habit also where it changes nothing: behind the letters above, and at the end of a word.
    idle: new RegExp(`(?<=\\p{sc=Arabic})\u200c+(?=\\s|$)|(?<=${endsJoin}\\p{Mn}*)\u200c+`, 'gv'),
  }
}

/** More marks than any writing stacks on one letter? A letter that Unicode has as one character is ordinary. */
function hasTooManyMarks(grapheme: string): boolean {
  const marks = grapheme.normalize('NFD').match(/[\p{Mn}\p{Me}]/gu)?.length ?? 0
  return marks > (FEW_MARKS.test(grapheme) ? 2 : 8) && Array.from(grapheme).length > 1
}

/** A name as typed → the name to use, or why it cannot be used (I1, I2). */
export function cleanName(
  typed: string,
  limit: { graphemes: number; bytes: number } = LIMITS.name,
): { name: string } | { fault: NameFault } {
  // No acceptable name is that long in any form, so do not normalise or segment it.
  if (typed.length > 1_000) return { fault: 'long' }
  if (!typed.isWellFormed()) return { fault: 'characters' }
  joiners ??= spellingCharacters()
  const { needed, idle } = joiners
  const name = typed.normalize('NFC').trim().replace(/\s+/g, ' ').replace(idle, '')
  if (name === '') return { fault: 'empty' }
  if (REFUSED.test(name) && REFUSED.test(name.replace(needed, ''))) return { fault: 'characters' }
  const graphemes = graphemesOf(name)
  if (graphemes.some(hasTooManyMarks)) return { fault: 'marks' }
  if (graphemes.length > limit.graphemes || byteLength(name) > limit.bytes) return { fault: 'long' }
  if (!/[\p{L}\p{N}]/u.test(name) && !holdsEmoji(name)) return { fault: 'empty' }
  return SCRIPTS.filter((script) => script.test(name)).length > 1 ? { fault: 'mixed' } : { name }
}

/** As `cleanName`, for a room: people write `#general` for the room general. A keycap #️⃣ is an emoji. */
export function cleanRoomName(typed: string): ReturnType<typeof cleanName> {
  return cleanName(typed.replace(/^[\s#]+(?![\ufe0f\u20e3])/, ''), LIMITS.roomName)
}
