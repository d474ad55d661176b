/** Slash commands (U37). Part of the composer's own chunk, so that no command is ever sent as a text (U125). */
import type { Composer } from './composer.ts'
import { isolated } from '../ui/format.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

export interface SlashCommand {
  name: string
  /** the text after the name */
  rest: string
}

/** @returns null if the text is no command; `//` is an escaped slash */
export function commandOf(text: string): SlashCommand | null {
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

/** Makes the function that runs a command which sends no message. It returns a reason if the command cannot be run. */
export function commandRunner(
  { actions }: Pick<Context, 'actions'>,
  room: string,
  composer: Pick<Composer, 'text' | 'fill' | 'say'>,
  help: () => void,
): (text: string) => true | string {
  async function rename(name: string, text: string): Promise<void> {
    const answer = await actions.rename(name)
    if (answer.result === 'ok') return
    if (composer.text() === '') {
      composer.fill(text)
      actions.saveDraft(room, text, text.length)
    }
    if (answer.result !== 'taken') return composer.say(answer.message)
    const { nameTaken, nameFree } = words.session
    const suggestion = answer.suggestion === undefined ? '' : ` ${nameFree(isolated(answer.suggestion))}`
    composer.say(nameTaken(isolated(name)) + suggestion)
  }

  return (text) => {
    const { name, rest } = commandOf(text) ?? { name: '', rest: '' }
    // prettier-ignore
    switch (name) {
      case 'help': help(); break
      case 'nick': void rename(rest, text); break
      case 'me': return words.composer.meWithoutText
      default: return words.composer.unknownCommand(name)
    }
    actions.saveDraft(room, '', 0)
    return true
  }
}
