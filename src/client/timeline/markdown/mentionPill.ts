import type { Mention, User } from '../../../shared/model.ts'
import { h } from '../../ui/dom.ts'

export interface MentionContext {
  mentions: readonly Mention[]
  /** what the mentioned people are called now, in the order of `mentions`; null if nothing newer is known than the text */
  names: readonly (string | null)[]
  me: string | null
  /** Shows who a person is, beside the element that was pressed. */
  showPerson(person: User, opener: HTMLElement): void
}

/**
 * A person's name in a text, which opens their card. A span, not a button: the box of a button would break the lines anew
 * where it takes the place of text, and its name could not be selected with the text.
 * @param typed as the text names the person, with `@`
 */
export function mentionPill(
  id: string,
  typed: string,
  { mentions, names, me, showPerson }: MentionContext,
): HTMLElement {
  const written = typed.slice('@'.length)
  const known = names[mentions.findIndex(({ user }) => user === id)]
  const name = known && known.toLowerCase() !== written.toLowerCase() ? known : written
  const open = () => showPerson({ id, name }, pill)
  const onKeydown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    open()
  }
  const attributes = { class: 'mention', role: 'button', tabindex: -1, 'data-me': id === me }
  const pill = h('span', { ...attributes, onClick: open, onKeydown }, `@${name}`)
  return pill
}
