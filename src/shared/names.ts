import type { NameFault } from './errors.ts'
import { LIMITS } from './limits.ts'
import { byteLength, graphemesOf, holdsEmoji, isEmoji } from './text.ts'

/** A room's slug, as in its address. */
export const ROOM_SLUG = /^[a-z0-9-]{1,64}$/

/** The server's answer to each fault, for people who use the API; the page words the `reason` itself. */
export const NAME_FAULTS: Record<NameFault, string> = {
  empty: 'A name needs at least one letter, digit or emoji.',
  long: `A name has at most ${LIMITS.name.graphemes} characters, and a room’s name ${LIMITS.roomName.graphemes}.`,
  characters: 'A name cannot contain invisible or control characters.',
  marks: 'A name cannot have that many marks on one letter.',
  mixed: 'A name cannot mix Latin, Cyrillic and Greek letters.',
  reserved: 'This name is reserved.',
}

const REFUSED = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u034f\u115f\u1160\u2800\u3164\uffa0]/u
const FORMAT = /\p{Cf}/u
/** Scripts with letters that look alike. */
const SCRIPTS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u]

/** A name as typed → the name to use, or why it cannot be used (I1, I2). The browser calls it before it sends. */
export function cleanName(
  typed: string,
  limit: { graphemes: number; bytes: number } = LIMITS.name,
): { name: string } | { fault: NameFault } {
  // No acceptable name is that long in any form, so do not normalise or segment it.
  if (typed.length > 1_000) return { fault: 'long' }
  if (!typed.isWellFormed()) return { fault: 'characters' }
  const name = typed.normalize('NFC').trim().replace(/\s+/g, ' ')
  if (name === '') return { fault: 'empty' }
  if (REFUSED.test(name)) return { fault: 'characters' }
  const graphemes = graphemesOf(name)
  for (const grapheme of graphemes) {
    if (FORMAT.test(grapheme) && !isEmoji(grapheme)) return { fault: 'characters' }
    if ((grapheme.normalize('NFD').match(/\p{M}/gu)?.length ?? 0) > 2 && !isEmoji(grapheme))
      return { fault: 'marks' }
  }
  if (graphemes.length > limit.graphemes || byteLength(name) > limit.bytes) return { fault: 'long' }
  if (!/[\p{L}\p{N}]/u.test(name) && !holdsEmoji(name)) return { fault: 'empty' }
  return SCRIPTS.filter((script) => script.test(name)).length > 1 ? { fault: 'mixed' } : { name }
}

/** A room's name → its slug, or '' if the name has no letter or digit of ASCII. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
}
