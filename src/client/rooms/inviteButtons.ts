import { h } from '../ui/dom.ts'
import { copyLink, showCode } from './roomMenu.ts'

/** The two ways to bring somebody into an empty room (U7). */
export function invite(
  ways: Element,
  room: string,
  said: (words: string) => void,
  signal: AbortSignal,
): void {
  const copy = h('button', {
    type: 'button',
    class: 'button-quiet',
    onClick: () => void copyLink(room, said, signal),
  })
  copy.append('Copy link')
  const code = h('button', {
    type: 'button',
    class: 'button-quiet',
    onClick: () => void showCode(room, said, signal),
  })
  code.append('Show QR code')
  ways.replaceChildren(copy, code)
}
