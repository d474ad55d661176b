/** What a text that begins with a slash asks for (U37). */

export interface Command {
  name: string
  /** what stands behind it */
  rest: string
}

/** The names, and what each is for. Looked up by own key only: `/constructor` is none of them. */
export const COMMANDS: ReadonlyMap<string, string> = new Map([
  ['me', 'says what you do: /me waves'],
  ['nick', 'changes your name: /nick Ann'],
  ['shrug', 'ends with a shrug'],
  ['help', 'shows keys and commands'],
])

/** The command of a text, or null where it is none; `//` is a slash that was meant. */
export function commandOf(text: string): Command | null {
  const [, name, rest = ''] = /^\/([^\s/]*)(?:\s+([^]*))?$/.exec(text) ?? []
  return name === undefined ? null : { name: name.toLowerCase(), rest: rest.trim() }
}

/** The message that a text stands for: a slash that was meant, `/me`, `/shrug`. Null: it is no message. */
export function spoken(text: string): string | null {
  const command = commandOf(text)
  if (command === null) return text.startsWith('//') ? text.slice(1) : text
  const { name, rest } = command
  if (name === 'me' && rest !== '') return `_${rest}_`
  if (name === 'shrug') return `${rest} ¯\\_(ツ)_/¯`.trim()
  return null
}
