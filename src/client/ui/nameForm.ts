import { h, type Child } from './dom.ts'
import { isolated } from './format.ts'
import { form, textField } from './textField.ts'
import { words } from '../words/words.ts'

/** How a sign-in or rename can end. `message` is for the person. */
export type NameResult =
  | { result: 'ok' }
  | { result: 'taken'; suggestion?: string }
  | { result: 'invalid'; message: string; suggestion?: string }
  | { result: 'failed'; message: string }

/** Asks for a name and says what is wrong with it. `take` submits it; `done` is called once a name was accepted (U2, U3). */
export function nameForm(
  texts: { label: string; button: Child; initial: string },
  on: { take(name: string): Promise<NameResult>; done(): void },
  look = { form: 'grid gap-3', button: 'button' },
) {
  const input = textField(texts.label, {
    name: 'nickname',
    value: texts.initial,
    autocomplete: 'nickname',
    autocapitalize: 'words',
    spellcheck: 'false',
  })

  async function submit(): Promise<void> {
    const name = input.field.value.trim()
    if (name === '') return input.refuse(words.session.nameMissing)
    const answer = await on.take(name)
    if (answer.result === 'ok') {
      input.accept()
      return on.done()
    }
    const reason = answer.result === 'taken' ? words.session.nameTaken(isolated(name)) : answer.message
    input.refuse(reason, 'suggestion' in answer ? answer.suggestion : undefined)
  }

  const button = h('button', { type: 'submit', class: look.button }, texts.button)
  return { element: form(submit, { class: look.form }, input.element, button), field: input.field }
}
