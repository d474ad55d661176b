import type { User } from '../../shared/model.ts'
import { h } from './dom.ts'
import { hueOf, initials } from './format.ts'

/** Sets the colours of a person on an element, through the CSSOM since the CSP allows no style attribute (V7). */
function colour(element: HTMLElement, user: User): void {
  element.classList.add('hue')
  element.style.setProperty('--hue', String(hueOf(user.id)))
}

/** A disc with the person's first letter, hidden from screen readers: the name stands beside it. */
export function avatar(user: User): HTMLElement {
  const disc = h('span', { class: 'avatar', 'aria-hidden': 'true' }, initials(user.name))
  colour(disc, user)
  return disc
}

/** A person's name, isolated so that its writing direction does not reorder the text around it (U19). */
export function nameOf(user: User): HTMLElement {
  const name = h('bdi', { class: 'name' }, user.name)
  colour(name, user)
  return name
}
