import { iconOf } from './icons.ts'
import { button, h, type Child } from './dom.ts'

/** A page of one column. Its title can take the focus where no control should. */
export function centeredPage(
  { title, text, look }: { title: string; text: string; look: 'text-place' | 'text-title' },
  ...rest: Child[]
): { element: HTMLElement; mark: HTMLElement; title: HTMLElement; paragraph: HTMLElement } {
  const paragraph = h('p', { class: 'text-muted' }, text)
  const heading = h(
    'h1',
    { class: `${look} font-semibold tracking-tight wrap-anywhere`, tabindex: -1 },
    title,
  )
  const mark = h('span', { class: 'mark text-place inline-flex items-center gap-2 min-w-0' }, iconOf('mark'))
  const element = h(
    'main',
    { class: 'page' },
    h('div', { class: 'page-ground' }, iconOf('mark')),
    h('div', { class: 'grid gap-6' }, h('div', { class: 'grid gap-2' }, mark, heading, paragraph), ...rest),
  )
  return { element, mark, title: heading, paragraph }
}

/** A page that leads elsewhere by a link, and offers at most one action before it. */
export function deadEndPage(
  title: string,
  text: string,
  link: { href: string; label: string },
  action?: { label: string; press(): void },
): ReturnType<typeof centeredPage> {
  return centeredPage(
    { title, text, look: 'text-title' },
    action && button(action.label, action.press, { class: 'button' }),
    h('a', { class: action ? 'button-quiet' : 'button', href: link.href }, link.label),
  )
}
