import { h } from '../dom.ts'
import { copyLink, showCode } from './roomMenu.ts'

/** What an empty room shows: an invitation to bring somebody (U7). */
export function emptyRoom(room: string, said: (words: string) => void, signal: AbortSignal): HTMLElement {
  const copy = h('button', {
    type: 'button',
    class: 'button-quiet',
    onClick: () => {
      void copyLink(
        room,
        (words) => {
          copy.textContent = words
          said(words)
        },
        signal,
      )
    },
  })
  copy.append('Copy link')
  return h(
    'div',
    { class: 'empty', hidden: true },
    h('h2', { class: 'text-title font-semibold tracking-tight' }, 'Nothing said here yet'),
    h('p', { class: 'text-muted' }, 'Say the first word, or bring somebody along.'),
    h(
      'div',
      { class: 'flex flex-wrap justify-center gap-2 pt-2' },
      copy,
      h(
        'button',
        { type: 'button', class: 'button-quiet', onClick: () => void showCode(room, said, signal) },
        'Show QR code',
      ),
    ),
  )
}
