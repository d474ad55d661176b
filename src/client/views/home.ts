import { iconOf } from '../components/icons.ts'
import { nameForm } from '../components/nameForm.ts'
import { h } from '../dom.ts'
import { isolated } from '../format.ts'
import type { Context } from './context.ts'
import { signOut } from './signOut.ts'

/** The first screen: it asks one thing (U1); to whom it knows it offers to go on (U5). */
export function homeView(context: Context, signal: AbortSignal): HTMLElement {
  return doorView(context, { room: 'lobby', entered: () => context.router.navigate('/chat/lobby') }, signal)
}

/** Home, or what a room's link shows to nobody yet: the same page, leading elsewhere (U4). */
export function doorView(
  { store, actions, place }: Context,
  { room, entered }: { room: string; entered(): void },
  signal: AbortSignal,
): HTMLElement {
  const body = h('div', { class: 'min-h-44' })
  const mark = h('span', { class: 'mark text-place' })
  mark.append(iconOf('mark'))
  const title = h('h1', {
    class: 'text-place font-semibold tracking-tight wrap-anywhere',
    tabindex: -1,
    dir: 'auto',
  })
  title.append(place)
  const element = h(
    'main',
    { class: 'page' },
    h(
      'div',
      { class: 'grid gap-6' },
      h(
        'div',
        { class: 'grid gap-2' },
        mark,
        title,
        h('p', { class: 'text-muted' }, 'Pick a name and start talking.'),
      ),
      body,
    ),
  )

  function ask(): void {
    const form = nameForm(
      { button: `Join ${room}`, first: actions.lastName() },
      { take: (name) => actions.signIn(name), done: entered },
    )
    body.replaceChildren(form.element)
    // T13: on a phone the focus would open the keyboard over the page.
    if (matchMedia('(pointer: fine)').matches) form.focus()
    else title.focus({ preventScroll: true })
  }

  function welcomeBack(name: string): void {
    const other = () => void signOut({ actions }, signal)
    body.replaceChildren(
      h(
        'div',
        { class: 'grid gap-3' },
        h(
          'a',
          { class: 'button wrap-anywhere py-2', href: `/chat/${room}` },
          `Continue as ${isolated(name)}`,
        ),
        h('button', { type: 'button', class: 'button-quiet', onClick: other }, 'Use another name'),
      ),
    )
  }

  // The screen is put into the page after this function: only then can anything have the focus.
  queueMicrotask(() =>
    store.watch(
      ({ self }) => (self === null || self === 'unknown' ? self : self.name),
      (name) => {
        if (name === null) ask()
        else if (name !== 'unknown') welcomeBack(name)
      },
      signal,
    ),
  )
  return element
}
