import { LIMITS } from './limits.ts'
import { countGraphemes, holdsEmoji } from './names.ts'
import { byteLength } from './text.ts'

// Not \p{Emoji}, which includes the digits. A flag has no pictograph, so `holdsEmoji` is asked too.
const PICTOGRAPH = /\p{Extended_Pictographic}/u

/** Why a text is not one emoji, or null if it is: one character as a person counts them, with a pictograph or a flag. */
export function emojiFault(text: string): 'tooBig' | 'malformed' | null {
  if (text.length > LIMITS.emoji || byteLength(text) > LIMITS.emoji) return 'tooBig'
  const shows = text.isWellFormed() && (PICTOGRAPH.test(text) || holdsEmoji(text))
  return shows && countGraphemes(text) === 1 ? null : 'malformed'
}
