import { h } from '../ui/dom.ts'
import type { Context } from '../app/context.ts'
import { selfOf } from '../state/state.ts'
import { nameForm } from '../ui/nameForm.ts'
import { words } from '../words/words.ts'

/** My name, in one line with the button that changes it (U6). */
export function renameForm({ store, actions }: Context): HTMLElement {
  const status = h('p', { class: 'text-meta text-muted', role: 'status' })
  const form = nameForm(
    {
      label: words.settings.name.title,
      button: words.settings.name.change,
      first: selfOf(store.get())?.name ?? '',
    },
    {
      async take(typed) {
        status.textContent = ''
        return actions.rename(typed)
      },
      done() {
        status.textContent = words.settings.name.changed
      },
    },
  )
  const change = form.element.querySelector('[type=submit]')
  change?.classList.replace('button', 'button-quiet')
  form.element.classList.add('name-line')
  form.element.append(status)
  return form.element
}
