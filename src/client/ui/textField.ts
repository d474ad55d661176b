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
    /** Shows why the value is refused and focuses the field, whose text stays (U3). A button passes the suggestion to `use`. */
    refuse(reason: string, suggestion?: string, use?: (suggestion: string) => void): void {
      fault.replaceChildren(reason)
      if (suggestion !== undefined) {
        const label = words.common.use(isolated(suggestion))
        fault.append(
          ' ',
          button(label, () => use?.(suggestion), { class: 'text-button' }),
        )
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

/** A form that calls `submit` and never leaves the page. */
export function form(
  submit: () => void,
  attributes: { class: string },
  ...children: Node[]
): HTMLFormElement {
  const onSubmit = (event: Event) => {
    event.preventDefault()
    submit()
  }
  return h('form', { ...attributes, onSubmit }, ...children)
}
