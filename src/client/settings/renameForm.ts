import { h } from '../ui/dom.ts'
import type { Context } from '../app/context.ts'
import { selfOf } from '../state/state.ts'
import { nameForm } from '../ui/nameForm.ts'
import { words } from '../words/words.ts'

/** My name, in one line with the button that changes it (U6). */
export function renameForm({ store, actions }: Context): HTMLElement {
  const status = h('p', { class: 'col-span-full text-meta text-muted', role: 'status' })
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
    { form: 'grid grid-cols-[minmax(0,1fr)_auto] gap-x-2', button: 'button-quiet self-start mt-7' },
  )
  form.element.append(status)
  return form.element
}
