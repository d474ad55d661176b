import { h } from '../../ui/dom.ts'

/** A button of text in a message. Tab passes it by; the arrow keys of the list reach it. */
export function textButton(label: string, press: () => void): HTMLButtonElement {
  return h('button', { type: 'button', class: 'text-button', tabindex: -1, onClick: press }, label)
}
