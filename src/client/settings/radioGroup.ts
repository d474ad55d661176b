import { h } from '../ui/dom.ts'

let made = 0

/** A few values of which one holds. */
export function radioGroup<T extends string>(
  legend: string,
  values: Readonly<Record<T, string>>,
  current: T,
  choose: (value: T) => void,
): HTMLElement {
  made += 1
  const name = `choice-${made}`
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
