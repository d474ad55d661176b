import type { RoomState } from '../state/state.ts'
import { words } from '../words/words.ts'

/** `Ann is typing`, up to three names, then `Several people are typing`; '' for nobody. Names keep their direction. */
export function typingText(typing: RoomState['typing']): string {
  const [one, two, three] = typing.map(({ user }) => `\u2068${user.name}\u2069`)
  if (one === undefined) return ''
  if (typing.length > 3) return words.composer.typing.many
  if (two === undefined) return words.composer.typing.one(one)
  return three === undefined
    ? words.composer.typing.two(one, two)
    : words.composer.typing.three(one, two, three)
}
