import { h } from '../ui/dom.ts'

let groups = 0

/** A fieldset of radio buttons. */
export function radioGroup<T extends string>(
  legend: string,
  values: Readonly<Record<T, string>>,
  current: T,
  choose: (value: T) => void,
): HTMLElement {
  groups += 1
  const name = `choice-${groups}`
  const labels = (Object.keys(values) as T[]).map((value) =>
    h(
      'label',
      {},
      h('input', { type: 'radio', name, value, checked: value === current, onChange: () => choose(value) }),
      values[value],
    ),
  )
  return h(
    'fieldset',
    {},
    h('legend', { class: 'py-1 text-meta text-muted' }, legend),
    h('div', { class: 'choice' }, ...labels),
  )
}
