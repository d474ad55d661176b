import { h } from '../ui/dom.ts'
import { copyLink, showCode } from './roomMenu.ts'
import { words } from '../words/words.ts'

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
  copy.append(words.common.copyLink)
  const code = h('button', {
    type: 'button',
    class: 'button-quiet',
    onClick: () => void showCode(room, said, signal),
  })
  code.append(words.common.showQrCode)
  ways.replaceChildren(copy, code)
}
