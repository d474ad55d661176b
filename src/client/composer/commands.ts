/** Slash commands (U37). Part of the composer's own chunk, so that no command is ever sent as a text (U125). */

/** @returns null if the text is no command; `//` is an escaped slash. `rest` is the text after the name */
export function commandOf(text: string): { name: string; rest: string } | null {
  const [, name, rest = ''] = /^\/([^\s/]*)(?:\s+([^]*))?$/.exec(text) ?? []
  return name === undefined ? null : { name: name.toLowerCase(), rest: rest.trim() }
}

/** The message to send for a text: an escaped slash, `/me` and `/shrug` are resolved. Null: another command. */
export function messageOf(text: string): string | null {
  const command = commandOf(text)
  if (command === null) return text.startsWith('//') ? text.slice(1) : text
  const { name, rest } = command
  if (name === 'me' && rest !== '') return `_${rest}_`
  if (name === 'shrug') return `${rest} ¯\\_(ツ)_/¯`.trim()
  return null
}
