import { h } from '../ui/dom.ts'

/** Where messages are going to stand, drawn only once they keep one waiting (U85): still, and nothing to a reader. */
export function skeleton(): HTMLElement {
  const bone = () => h('div', { class: 'bone' }, h('i'), h('b'), h('b'))
  const bones = [1, 2, 3, 4].map(bone)
  return h('div', { class: 'bones late', 'aria-hidden': 'true' }, h('div', { class: 'column' }, ...bones))
}
