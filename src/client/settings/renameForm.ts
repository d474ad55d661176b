import type { Context } from '../app/context.ts'
import { selfOf } from '../state/state.ts'
import { h } from '../ui/dom.ts'
import { nameForm } from '../ui/nameForm.ts'
import { words } from '../words/words.ts'

/** My name, in one line with the button that changes it (U6). */
export function renameForm({ store, actions }: Context): HTMLElement {
  const { title: label, change: button, changed } = words.settings.name
  const first = selfOf(store.get())?.name ?? ''
  const status = h('p', { class: 'col-span-full text-meta text-muted', role: 'status' })
  const take = (name: string) => {
    status.textContent = ''
    return actions.rename(name)
  }
  const done = () => (status.textContent = changed)
  const look = { form: 'grid grid-cols-[minmax(0,1fr)_auto] gap-x-2', button: 'button-quiet self-start mt-7' }
  const { element } = nameForm({ label, button, first }, { take, done }, look)
  element.append(status)
  return element
}
