import type { User } from '../../../shared/model.ts'
import { h } from '../../ui/dom.ts'

interface PillOptions {
  /** as the text names the person, with `@` */
  typed: string
  /** what the person is called now; null if nothing newer is known */
  name: string | null
  isMe: boolean
  press(person: User, opener: HTMLElement): void
}

/**
 * A person's name in a text, which opens their card. A span, not a button: the box of a button would break the lines anew
 * where it takes the place of text, and its name could not be selected with the text.
 */
export function mentionPill(id: string, { typed, name: current, isMe, press }: PillOptions): HTMLElement {
  const written = typed.slice('@'.length)
  const isWritten = current === null || current.toLowerCase() === written.toLowerCase()
  const name = isWritten ? written : current
  const open = () => press({ id, name }, pill)
  const onKeydown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    open()
  }
  const attributes = { class: 'mention', role: 'button', tabindex: -1, dir: 'auto', 'data-me': isMe }
  const pill = h('span', { ...attributes, onClick: open, onKeydown }, `@${name}`)
  return pill
}
