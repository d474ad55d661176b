import { button, h } from '../ui/dom.ts'
import { words } from '../words/words.ts'

/** Shown in an empty room: two ways to invite people (U7). */
export function emptyRoom(on: { copyLink(): void; showCode(): void }): HTMLElement {
  return h(
    'div',
    { class: 'empty', hidden: true },
    h('h2', { class: 'text-title font-semibold tracking-tight' }, words.rooms.empty.title),
    h('p', { class: 'text-muted' }, words.rooms.empty.text),
    h(
      'div',
      { class: 'flex min-h-13 flex-wrap justify-center gap-2 pbs-2' },
      button(words.common.copyLink, on.copyLink),
      button(words.common.invite, on.showCode),
    ),
  )
}
