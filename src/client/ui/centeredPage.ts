import { iconOf } from './icons.ts'
import { h, type Child } from './dom.ts'

/** A page of one column: home, and what leads nowhere but elsewhere. The title takes the focus where nothing else does. */
export function centeredPage(
  { title, text, look }: { title: string; text: string; look: 'text-place' | 'text-title' },
  ...rest: Child[]
): { element: HTMLElement; title: HTMLElement; paragraph: HTMLElement } {
  const mark = h('span', { class: 'mark text-place' })
  mark.append(iconOf('mark'))
  const ground = h('div', { class: 'page-ground' })
  ground.append(iconOf('mark'))
  const paragraph = h('p', { class: 'text-muted' }, text)
  const heading = h('h1', {
    class: `${look} font-semibold tracking-tight wrap-anywhere`,
    tabindex: -1,
    dir: 'auto',
  })
  heading.append(title)
  const element = h(
    'main',
    { class: 'page' },
    ground,
    h('div', { class: 'grid gap-6' }, h('div', { class: 'grid gap-2' }, mark, heading, paragraph), ...rest),
  )
  return { element, title: heading, paragraph }
}

/** A page with one way out, and where one may stay a button for that before it. */
export function deadEndPage(
  title: string,
  text: string,
  way: { href: string; label: string },
  stay?: { label: string; press(): void },
): ReturnType<typeof centeredPage> {
  return centeredPage(
    { title, text, look: 'text-title' },
    ...(stay ? [h('button', { type: 'button', class: 'button', onClick: stay.press }, stay.label)] : []),
    h('a', { class: stay ? 'button-quiet' : 'button', href: way.href }, way.label),
  )
}
