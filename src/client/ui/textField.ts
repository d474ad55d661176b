import { button, h, type Child } from './dom.ts'
import { isolated } from './format.ts'
import { words } from '../words/words.ts'

let createdFields = 0

const FIELD = { class: 'field', type: 'text', autocomplete: 'off', enterkeyhint: 'go', dir: 'auto' }

/** A labelled text field with an error line that screen readers announce. Typing on takes the error away. */
export function textField(label: string, attributes: Parameters<typeof h>[1]) {
  createdFields += 1
  const fault = h('p', { id: `fault-${createdFields}`, class: 'fault', role: 'alert' })
  const field = h('input', {
    ...FIELD,
    id: `field-${createdFields}`,
    'aria-describedby': fault.id,
    ...attributes,
  })
  const accept = (): void => {
    fault.replaceChildren()
    field.setAttribute('aria-invalid', 'false')
  }
  field.addEventListener('input', accept)
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
      const use = () => {
        field.value = suggestion ?? ''
        field.form?.requestSubmit()
      }
      const offer =
        suggestion === undefined
          ? []
          : [' ', button(words.common.use(isolated(suggestion)), use, { class: 'text-button' })]
      // All at once, or it would be spoken twice.
      fault.replaceChildren(reason, ...offer)
      field.setAttribute('aria-invalid', 'true')
      field.focus()
    },
    accept,
  }
}

/** Is this key an input method's, such as the Enter that ends a composition? Safari reports that one as key code 229 only. */
export const isComposing = (event: KeyboardEvent): boolean => event.isComposing || event.keyCode === 229

/** A text field with its label as placeholder. `search` is called at each change. */
export function searchField(
  label: string,
  search: () => void,
  attributes: Parameters<typeof h>[1] = {},
): HTMLInputElement {
  return h('input', { ...FIELD, 'aria-label': label, placeholder: label, onInput: search, ...attributes })
}

/** A form that never leaves the page. It ignores a submit while the one before is under way, and its button says so (U280). */
export function form(
  submit: () => Promise<void>,
  attributes: { class: string },
  ...children: Node[]
): HTMLFormElement {
  const onSubmit = async (event: Event) => {
    event.preventDefault()
    if (element.hasAttribute('data-busy')) return
    element.toggleAttribute('data-busy', true)
    await submit().finally(() => element.removeAttribute('data-busy'))
  }
  const element = h('form', { ...attributes, onSubmit }, ...children)
  return element
}

/**
 * The options of a list below or above a text field. The focus stays in the field, whose `aria-activedescendant` names the
 * selected option, if one is. `choose` is called by a press on an option and by `chooseSelected`.
 */
export function listbox(list: HTMLElement, field: HTMLElement, choose: (index: number) => void) {
  let selected = 0

  /** @param index −1: none */
  function select(index: number): void {
    const { children } = list
    selected = index
    for (const [at, option] of [...children].entries())
      option.setAttribute('aria-selected', String(at === selected))
    field.setAttribute('aria-activedescendant', children[selected]?.id ?? '')
    children[selected]?.scrollIntoView({ block: 'nearest' })
  }

  return {
    /** Shows one option for each content and selects this one, or −1: none. */
    show(contents: readonly Child[][], index = 0): void {
      const options = contents.map((content, index) => {
        const attributes = { id: `${list.id}-${index}`, class: 'suggestion', role: 'option' }
        const option = h('div', { ...attributes, onClick: () => choose(index) }, ...content)
        // Keeps the focus in the field.
        option.addEventListener('pointerdown', (event) => event.preventDefault())
        return option
      })
      list.replaceChildren(...options)
      select(index)
    },
    /** @returns true if the key moved the selection */
    move({ key, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
      const step = altKey || ctrlKey || metaKey ? undefined : { ArrowDown: 1, ArrowUp: -1 }[key]
      if (step === undefined) return false
      const { length } = list.children
      // From no selection ↓ leads to the first option and ↑ to the last.
      select((Math.max(selected, step < 0 ? 0 : -1) + step + length) % (length || 1))
      return true
    },
    select,
    /** −1: none */
    selected: () => selected,
    chooseSelected: () => choose(Math.max(0, selected)),
  }
}
