import { h } from '../ui/dom.ts'
import { words } from '../words/words.ts'

/** What an empty room shows: an invitation, and two ways to bring somebody along (U7). */
export function emptyRoom(on: { copyLink(): void; showCode(): void }): HTMLElement {
  const way = (label: string, press: () => void) =>
    h('button', { type: 'button', class: 'button-quiet', onClick: press }, label)
  return h(
    'div',
    { class: 'empty', hidden: true },
    h('h2', { class: 'text-title font-semibold tracking-tight' }, words.rooms.empty.title),
    h('p', { class: 'text-muted' }, words.rooms.empty.text),
    h(
      'div',
      { class: 'ways' },
      way(words.common.copyLink, on.copyLink),
      way(words.common.showQrCode, on.showCode),
    ),
  )
}
