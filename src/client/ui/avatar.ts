import type { User } from '../../shared/model.ts'
import { h } from './dom.ts'
import { hueOf, initials } from './format.ts'

/** Gives an element the colours of a person (V7): by the CSSOM, since the page allows no style attribute. */
export function colour(element: HTMLElement, user: User): void {
  element.classList.add('hue')
  element.style.setProperty('--hue', String(hueOf(user.id)))
}

/** Letters by name: to cut one off costs a tenth of a millisecond. Forgotten at 500. */
const known = new Map<string, string>()

function letterOf(name: string): string {
  const letter = known.get(name) ?? initials(name)
  if (known.size > 500) known.clear()
  known.set(name, letter)
  return letter
}

/** A disc with the first letter. Readers are not told: the name stands beside it. */
export function avatar(user: User): HTMLElement {
  const disc = h('span', { class: 'avatar', 'aria-hidden': 'true' }, letterOf(user.name))
  colour(disc, user)
  return disc
}

/** A name on its own, so that its direction moves nothing around it (U19). */
export function nameOf(user: User): HTMLElement {
  const name = h('bdi', { class: 'name' }, user.name)
  colour(name, user)
  return name
}
