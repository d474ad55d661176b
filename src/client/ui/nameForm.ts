import { cleanName, type NameFault } from '../../shared/names.ts'
import { h } from './dom.ts'
import { isolated } from './format.ts'
import { words } from '../words/words.ts'

/** What a sign-in or rename can end with. `message`: what to tell the person. */
export type NameResult =
  | { result: 'ok' }
  | { result: 'taken'; suggestion?: string }
  | { result: 'invalid'; fault?: NameFault; message: string; suggestion?: string }
  | { result: 'failed'; message: string }

export interface NameForm {
  readonly element: HTMLFormElement
  readonly field: HTMLInputElement
}

let made = 0

/**
 * Asks for a name and says in words what is wrong with it; what was typed and the focus stay (U2, U3).
 * `take` decides, `done` follows when the name was taken by it.
 */
export function nameForm(
  texts: { label: string; button: string; first: string },
  on: { take(name: string): Promise<NameResult>; done(): void },
): NameForm {
  made += 1
  const fault = h('p', { id: `name-fault-${made}`, class: 'fault', role: 'alert' })
  const field = h('input', {
    id: `name-${made}`,
    class: 'field',
    type: 'text',
    name: 'nickname',
    value: texts.first,
    autocomplete: 'nickname',
    autocapitalize: 'words',
    spellcheck: 'false',
    enterkeyhint: 'go',
    dir: 'auto',
    'aria-describedby': fault.id,
  })
  const join = h('button', { type: 'submit', class: 'button' }, texts.button)
  let busy = false

  function say(...content: (string | Node)[]): void {
    fault.replaceChildren(...content)
    field.setAttribute('aria-invalid', String(content.length > 0))
  }

  function offer(text: string, suggestion: string | undefined): void {
    if (suggestion === undefined) return say(text)
    const use = h('button', { type: 'button', class: 'text-button', onClick: () => void take(suggestion) })
    use.append(words.common.use(isolated(suggestion)))
    say(`${text} `, use)
  }

  async function take(typed: string): Promise<void> {
    const checked = cleanName(typed)
    if ('fault' in checked) {
      say(typed.trim() === '' ? words.session.nameMissing : words.errors.reasons.nameInvalid[checked.fault])
      return field.focus()
    }
    if (busy) return
    busy = true
    element.setAttribute('aria-busy', 'true')
    const answer = await on.take(checked.name)
    busy = false
    element.removeAttribute('aria-busy')
    if (answer.result === 'ok') {
      say()
      return on.done()
    }
    offer(
      answer.result === 'taken' ? words.session.nameTaken(isolated(checked.name)) : answer.message,
      'suggestion' in answer ? answer.suggestion : undefined,
    )
    field.focus()
  }

  const element = h(
    'form',
    {
      class: 'grid gap-3',
      onSubmit: (event: Event) => {
        event.preventDefault()
        void take(field.value)
      },
    },
    h(
      'div',
      { class: 'grid gap-2' },
      h('label', { for: field.id, class: 'font-semibold text-name' }, texts.label),
      field,
      fault,
    ),
    join,
  )
  return { element, field }
}
