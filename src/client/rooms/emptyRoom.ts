import { h } from '../ui/dom.ts'
import { copyLink, showCode } from './inviteDialog.ts'

/** What an empty room shows: an invitation, and two ways to bring somebody along (U7). */
export function emptyRoom(room: string, say: (words: string) => void, signal: AbortSignal): HTMLElement {
  const way = (label: string, press: () => void) =>
    h('button', { type: 'button', class: 'button-quiet', onClick: press }, label)
  return h(
    'div',
    { class: 'empty', hidden: true },
    h('h2', { class: 'text-title font-semibold tracking-tight' }, 'Nothing said here yet'),
    h('p', { class: 'text-muted' }, 'Say the first word, or bring somebody along.'),
    h(
      'div',
      { class: 'ways' },
      way('Copy link', () => void copyLink(room, say, signal)),
      way('Show QR code', () => void showCode(room, say, signal)),
    ),
  )
}
