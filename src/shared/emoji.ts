import { LIMITS } from './limits.ts'
import { countGraphemes, holdsEmoji } from './names.ts'
import { byteLength } from './text.ts'

// T12: \p{Emoji} holds the digits, and a flag holds no pictograph of its own.
const PICTOGRAPH = /\p{Extended_Pictographic}/u

/** Why something is no emoji to react with: one character, as a person counts, that holds a pictograph; or null if it is one. */
export function emojiFault(text: string): 'tooBig' | 'malformed' | null {
  if (text.length > LIMITS.emoji || byteLength(text) > LIMITS.emoji) return 'tooBig'
  const shows = text.isWellFormed() && (PICTOGRAPH.test(text) || holdsEmoji(text))
  return shows && countGraphemes(text) === 1 ? null : 'malformed'
}
