import { h } from '../dom.ts'

/** What an empty room shows: an invitation to bring somebody (U7). The ways to do that come a moment later. */
export function emptyRoom(): HTMLElement {
  return h(
    'div',
    { class: 'empty', hidden: true },
    h('h2', { class: 'text-title font-semibold tracking-tight' }, 'Nothing said here yet'),
    h('p', { class: 'text-muted' }, 'Say the first word, or bring somebody along.'),
    h('div', { class: 'ways' }),
  )
}
