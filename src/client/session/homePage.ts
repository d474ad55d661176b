import { nameForm, type NameResult } from '../ui/nameForm.ts'
import { button, h } from '../ui/dom.ts'
import { isolated } from '../ui/format.ts'
import type { HomeContext } from '../app/context.ts'
import { focusSoon } from '../ui/focus/focusSoon.ts'
import { centeredPage } from '../ui/centeredPage.ts'
import { roomAddress, roomCardOf } from '../state/roomName.ts'
import { confirmAndSignOut } from './confirmSignOut.ts'
import { words } from '../words/words.ts'

/** The first screen: it asks for a name (U1), or offers to continue as before (U5). */
export function homePage(context: HomeContext, signal: AbortSignal): HTMLElement {
  return joinPage(context, { room: 'lobby', entered: () => context.router.navigate('/chat/lobby') }, signal)
}

/**
 * The page that a room's link shows without a session: what the room is and how many are there, and the same form (U4).
 * @param joins the room that signing in also joins
 */
export function joinPage(
  context: HomeContext,
  { room, joins, entered }: { room: string; joins?: string; entered(): void },
  signal: AbortSignal,
): HTMLElement {
  const { store, actions, siteName } = context
  const body = h('div', { class: 'min-h-44' })
  const { element, mark, title, paragraph } = centeredPage(
    { title: siteName, text: words.session.welcome, look: 'text-place' },
    body,
  )
  const site = h('bdi', { class: 'truncate text-name text-muted' })
  const topic = h('p', { class: 'line-clamp-3 wrap-anywhere', dir: 'auto', hidden: true })
  // Has its place before the number comes, so that nothing moves.
  const online = h('p', { class: 'min-h-6 text-muted tabular-nums' })
  const joinLabel = h('span', {})
  if (joins === undefined) paragraph.after(online)
  else {
    mark.append(site)
    title.after(topic, online)
  }
  store.watch(
    (state) => roomCardOf(state, room) ?? null,
    (card) => {
      online.textContent = card?.count ? words.people.count(card.count) : ''
      joinLabel.textContent = words.session.joinRoom(isolated(card?.name ?? room))
      if (joins === undefined || card === null) return
      site.textContent = siteName
      title.textContent = isolated(card.name)
      topic.textContent = card.topic
      topic.hidden = card.topic === ''
    },
    signal,
  )

  // Signing in here leads into the room: do not offer to continue meanwhile.
  let isJoining = false
  async function join(name: string): Promise<NameResult> {
    isJoining = true
    const answer = await actions.signIn(name, joins)
    isJoining = false
    return answer
  }

  function askName(): void {
    if (store.get().signedOutInOtherTab) paragraph.textContent = words.session.signedOutElsewhere
    const form = nameForm(
      { label: words.session.yourName, button: joinLabel, initial: actions.lastName() },
      { take: join, done: entered },
    )
    if (roomCardOf(store.get(), room) === undefined) void actions.loadRoomCard(room)
    body.replaceChildren(form.element)
    // On a phone the focus would open the keyboard over the page.
    focusSoon(matchMedia('(pointer: fine)').matches ? form.field : title, signal)
  }

  function offerToContinue(name: string): void {
    const proceed = h(
      'a',
      { class: 'button wrap-anywhere py-2', href: roomAddress(store.get(), room) },
      words.session.continueAs(isolated(name)),
    )
    const { useAnotherName, useAnotherNameTitle } = words.session
    const change = button(useAnotherName, () => void confirmAndSignOut(context, useAnotherNameTitle, signal))
    body.replaceChildren(h('div', { class: 'grid gap-3' }, proceed, change))
  }

  store.watch(
    ({ self }) => (self === 'unknown' ? undefined : (self?.name ?? null)),
    (name) => {
      if (name === null) askName()
      else if (name !== undefined && !isJoining) offerToContinue(name)
    },
    signal,
  )
  return element
}
