import type { FailureReason } from '../../state/state.ts'
import { button, h } from '../../ui/dom.ts'
import { words } from '../../words/words.ts'

/** A text button in a message. Tab skips it; the arrow keys of the list reach it. */
export function textButton(label: string, press: () => void): HTMLButtonElement {
  return button(label, press, { class: 'text-button', tabindex: -1 })
}

/** A line under a message: what is pending or has failed, and what can be done about it. */
export function messageNote(
  text: string,
  actions: readonly (readonly [label: string, press: () => void])[],
  colour = '',
): HTMLElement {
  const style = 'note flex flex-wrap items-center gap-x-3 text-meta text-muted'
  const buttons = actions.map(([label, press]) => textButton(label, press))
  return h('div', { class: style }, h('span', { class: colour }, text), ...buttons)
}

/** @param kind what was not done: a message, or which change to one */
export function failureText(
  reason: FailureReason,
  kind: keyof typeof words.message.failed = 'message',
): string {
  const reasons: Partial<Record<string, string>> = words.errors.send
  const why = kind !== 'message' && reason === 'gone' ? words.errors.changeGone : reasons[reason]
  return `${words.message.failed[kind]} ${why ?? words.errors.send.other}`
}
