import { h } from '../ui/dom.ts'
import { words } from '../words/words.ts'

/** What an empty room shows: an invitation to bring somebody (U7). The ways to do that come a moment later. */
export function emptyRoom(): HTMLElement {
  return h(
    'div',
    { class: 'empty', hidden: true },
    h('h2', { class: 'text-title font-semibold tracking-tight' }, words.rooms.empty.title),
    h('p', { class: 'text-muted' }, words.rooms.empty.text),
    h('div', { class: 'ways' }),
  )
}

/** Where messages are going to stand, drawn only once they keep one waiting (U85): still, and nothing to a reader. */
export function skeleton(): HTMLElement {
  const bone = () => h('div', { class: 'bone' }, h('i'), h('b'), h('b'))
  const bones = [1, 2, 3, 4].map(bone)
  return h('div', { class: 'bones late', 'aria-hidden': 'true' }, h('div', { class: 'column' }, ...bones))
}
