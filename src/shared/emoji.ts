import { LIMITS } from './limits.ts'
import { countGraphemes } from './names.ts'
import { byteLength } from './text.ts'

// T12: \p{Emoji} holds the digits, and a flag holds no pictograph of its own.
const PICTOGRAPH = /\p{Extended_Pictographic}|\p{RGI_Emoji}/v

/** Why something is no emoji to react with: one character, as a person counts, that holds a pictograph; or null if it is one. */
export function emojiFault(text: string): 'tooBig' | 'malformed' | null {
  if (text.length > LIMITS.emoji || byteLength(text) > LIMITS.emoji) return 'tooBig'
  return text.isWellFormed() && PICTOGRAPH.test(text) && countGraphemes(text) === 1 ? null : 'malformed'
}
