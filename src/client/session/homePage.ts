import { nameForm, type NameResult } from '../ui/nameForm.ts'
import { h } from '../ui/dom.ts'
import { isolated } from '../ui/format.ts'
import type { HomeContext } from '../app/context.ts'
import { focusSoon } from '../ui/focusSoon.ts'
import { centeredPage } from '../ui/centeredPage.ts'
import { confirmAndSignOut } from './confirmSignOut.ts'
import { words } from '../words/words.ts'

/** The first screen: it asks one thing (U1); to whom it knows it offers to go on (U5). */
export function homePage(context: HomeContext, signal: AbortSignal): HTMLElement {
  return joinPage(context, { room: 'lobby', entered: () => context.router.navigate('/chat/lobby') }, signal)
}

/** Home, also for a room's link without a session: the same page, leading to the room (U4). @param joins the link's room */
export function joinPage(
  { store, actions, siteName }: HomeContext,
  { room, joins, entered }: { room: string; joins?: string; entered(): void },
  signal: AbortSignal,
): HTMLElement {
  const body = h('div', { class: 'min-h-44' })
  const { element, title, paragraph } = centeredPage(
    { title: siteName, text: words.session.welcome, look: 'text-place' },
    body,
  )

  // Who has just joined is on the way into the room: this page has nothing more to say to them.
  let joining = false
  async function join(name: string): Promise<NameResult> {
    joining = true
    const answer = await actions.signIn(name, joins)
    joining = false
    return answer
  }

  function ask(): void {
    if (store.get().signedOutInOtherTab) paragraph.textContent = words.session.signedOutElsewhere
    const form = nameForm(
      { label: words.session.yourName, button: words.session.joinRoom(room), first: actions.lastName() },
      { take: join, done: entered },
    )
    body.replaceChildren(form.element)
    // T13: on a phone the focus would open the keyboard over the page.
    focusSoon(matchMedia('(pointer: fine)').matches ? form.field : title, signal)
  }

  function welcomeBack(name: string): void {
    body.replaceChildren(
      h(
        'div',
        { class: 'grid gap-3' },
        h(
          'a',
          { class: 'button wrap-anywhere py-2', href: `/chat/${room}` },
          words.session.continueAs(isolated(name)),
        ),
        h(
          'button',
          {
            type: 'button',
            class: 'button-quiet',
            onClick: () => void confirmAndSignOut({ actions }, signal),
          },
          words.session.useAnotherName,
        ),
      ),
    )
  }

  store.watch(
    ({ self }) => (self === 'unknown' ? undefined : (self?.name ?? null)),
    (name) => {
      if (name === null) ask()
      else if (name !== undefined && !joining) welcomeBack(name)
    },
    signal,
  )
  return element
}
