import { iconOf } from '../components/icons.ts'
import { h } from '../dom.ts'
import type { Context } from './context.ts'

/** An address that is no page here. */
export function notFoundView(_context: Context, _signal: AbortSignal): HTMLElement {
  return deadEnd('There is nothing here', 'The address may be mistyped, or the page is gone.', {
    href: '/',
    words: 'Go to the start page',
  })
}

/** A page that leads nowhere but to one other. */
export function deadEnd(title: string, words: string, way: { href: string; words: string }): HTMLElement {
  const mark = h('span', { class: 'mark text-place' })
  mark.append(iconOf('mark'))
  return h(
    'main',
    { class: 'page' },
    h(
      'div',
      { class: 'grid gap-6' },
      h(
        'div',
        { class: 'grid gap-2' },
        mark,
        h('h1', { class: 'text-title font-semibold tracking-tight', tabindex: -1 }, title),
        h('p', { class: 'text-muted' }, words),
      ),
      h('a', { class: 'button', href: way.href }, way.words),
    ),
  )
}
