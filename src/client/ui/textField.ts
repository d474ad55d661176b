import { button, h } from './dom.ts'
import { isolated } from './format.ts'
import { words } from '../words/words.ts'

let createdFields = 0

/** A labelled text field with an error line that screen readers announce. */
export function textField(label: string, attributes: Parameters<typeof h>[1]) {
  createdFields += 1
  const fault = h('p', { id: `fault-${createdFields}`, class: 'fault', role: 'alert' })
  const field = h('input', {
    id: `field-${createdFields}`,
    class: 'field',
    type: 'text',
    autocomplete: 'off',
    enterkeyhint: 'go',
    dir: 'auto',
    'aria-describedby': fault.id,
    ...attributes,
  })
  return {
    element: h(
      'div',
      { class: 'grid gap-2' },
      h('label', { for: field.id, class: 'font-semibold text-name' }, label),
      field,
      fault,
    ),
    field,
    /** Shows why the value is refused and focuses the field, whose text stays. A button submits the suggestion (U3). */
    refuse(reason: string, suggestion?: string): void {
      fault.replaceChildren(reason)
      if (suggestion !== undefined) {
        const use = () => {
          field.value = suggestion
          field.form?.requestSubmit()
        }
        fault.append(' ', button(words.common.use(isolated(suggestion)), use, { class: 'text-button' }))
      }
      field.setAttribute('aria-invalid', 'true')
      field.focus()
    },
    accept(): void {
      fault.replaceChildren()
      field.setAttribute('aria-invalid', 'false')
    },
  }
}

/** A form that never leaves the page and ignores a submit while the one before is under way. */
export function form(
  submit: () => Promise<void>,
  attributes: { class: string },
  ...children: Node[]
): HTMLFormElement {
  let isSubmitting = false
  const onSubmit = async (event: Event) => {
    event.preventDefault()
    if (isSubmitting) return
    isSubmitting = true
    await submit().finally(() => (isSubmitting = false))
  }
  return h('form', { ...attributes, onSubmit }, ...children)
}
