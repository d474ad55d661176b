/** What a text that begins with a slash asks for (U37). At hand with the composer: no command may be sent as a text. */
import type { Composer } from './composer.ts'
import { isolated } from '../ui/format.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

export interface SlashCommand {
  name: string
  /** what stands behind it */
  rest: string
}

/** The command of a text, or null where it is none; `//` is a slash that was meant. */
export function commandOf(text: string): SlashCommand | null {
  const [, name, rest = ''] = /^\/([^\s/]*)(?:\s+([^]*))?$/.exec(text) ?? []
  return name === undefined ? null : { name: name.toLowerCase(), rest: rest.trim() }
}

/** The message that a text stands for: a slash that was meant, `/me`, `/shrug`. Null: it is no message. */
export function messageOf(text: string): string | null {
  const command = commandOf(text)
  if (command === null) return text.startsWith('//') ? text.slice(1) : text
  const { name, rest } = command
  if (name === 'me' && rest !== '') return `_${rest}_`
  if (name === 'shrug') return `${rest} ¯\\_(ツ)_/¯`.trim()
  return null
}

/** Does commands that are no message; gives why one was not done. */
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
    const free =
      answer.result === 'taken' && answer.suggestion !== undefined
        ? ` ${words.session.nameFree(isolated(answer.suggestion))}`
        : ''
    composer.say(answer.result === 'taken' ? words.session.nameTaken(isolated(name)) + free : answer.message)
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
