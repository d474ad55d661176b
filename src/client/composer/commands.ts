/** Slash commands (U37). Part of the composer's own chunk, so that no command is ever sent as a text (U125). */

/** @returns null if the text is no command; `//` is an escaped slash. `rest` is the text after the name */
export function commandOf(text: string): { name: string; rest: string } | null {
  const [, name, rest = ''] = /^\/([^\s/]*)(?:\s+([^]*))?$/.exec(text) ?? []
  return name === undefined ? null : { name: name.toLowerCase(), rest: rest.trim() }
}

/**
 * The message to send for a text: an escaped slash and `/shrug` are resolved. Null: another command. `/me waves` is sent, so
 * `//me waves` keeps its slashes, one of which is not shown (U163).
 */
export function messageOf(text: string): string | null {
  const command = commandOf(text)
  if (command === null) return text.startsWith('//') && !/^\/+me[ \t]+\S/i.test(text) ? text.slice(1) : text
  const { name, rest } = command
  if (name === 'me' && rest !== '') return `/me ${rest}`
  if (name === 'shrug') return `${rest} ¯\\_(ツ)_/¯`.trim()
  return null
}
