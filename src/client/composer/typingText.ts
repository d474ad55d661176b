import type { RoomState } from '../state/state.ts'

/** `Ann is typing`, up to three names, then `Several people are typing`; '' for nobody. Names keep their direction. */
export function typingText(typing: RoomState['typing']): string {
  const [one, two, three] = typing.map(({ user }) => `\u2068${user.name}\u2069`)
  if (one === undefined) return ''
  if (typing.length > 3) return 'Several people are typing'
  if (two === undefined) return `${one} is typing`
  return three === undefined ? `${one} and ${two} are typing` : `${one}, ${two} and ${three} are typing`
}
