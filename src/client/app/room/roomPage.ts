import { assertNever } from '../../../shared/assert.ts'
import { roomCardOf } from '../../state/roomName.ts'
import type { State } from '../../state/state.ts'
import { childController, h } from '../../ui/dom.ts'
import { explainDisconnects } from './dialogs.ts'
import { roomScreen } from './roomScreen.ts'
import type { PageContext } from '../context.ts'
import { focusSoon } from '../../ui/focus/focusSoon.ts'
import { joinPage } from '../../session/homePage.ts'
import { deadEndPage } from '../../ui/centeredPage.ts'
import { isolated } from '../../ui/format.ts'
import { words } from '../../words/words.ts'

function screenOf(state: State, room: string): 'nothing' | 'join' | 'room' | 'closed' | 'left' {
  const { self, rooms, left } = state
  if (self === 'unknown') return 'nothing'
  if (self === null) return roomCardOf(state, room) === null ? 'closed' : 'join'
  if (left?.room === room) return 'left'
  const sync = rooms[room]?.sync
  if (sync?.state !== 'closed') return 'room'
  return sync.left ? 'left' : 'closed'
}

/** The page of a room's address: asks for a name, shows the room, or says why there is none (U4, U86). */
export function roomPage(
  context: PageContext,
  place: { room: string; seq?: number },
  signal: AbortSignal,
): HTMLElement {
  const { store, actions } = context
  const { room } = place
  const element = h('div', {})
  let screen = childController(signal)

  function deadEnd(isLeft: boolean): HTMLElement {
    const { roomLeft, roomClosed, mayRejoin, toStart, toLobby, join } = words.pages
    const { left } = store.get()
    const byMe = left?.room === room && { title: words.rooms.left(isolated(left.name)), text: mayRejoin }
    const { title, text } = byMe || (isLeft ? roomLeft : roomClosed)
    const elsewhere =
      room === 'lobby' ? { href: '/', label: toStart } : { href: '/chat/lobby', label: toLobby }
    const rejoin = { label: join, press: () => actions.openRoom(room) }
    const page = deadEndPage(title, text, elsewhere, isLeft ? rejoin : undefined)
    // The focused element has gone with the room (A9).
    focusSoon(page.title, screen.signal)
    return page.element
  }

  function elementFor(kind: ReturnType<typeof screenOf>): HTMLElement | string {
    // prettier-ignore
    switch (kind) {
      case 'nothing': return ''
      case 'join': return joinPage(context, { room, joins: room, entered: () => {} }, screen.signal)
      case 'room': return roomScreen(context, place, screen.signal)
      case 'left': case 'closed': return deadEnd(kind === 'left')
      default: return assertNever(kind)
    }
  }

  // Opening a room's address joins it, even if it was left before.
  const first = store.get()
  if (first.self !== null && ['closed', 'left'].includes(screenOf(first, room))) actions.openRoom(room)
  store.watch(
    (state) => screenOf(state, room),
    (kind) => {
      screen.abort()
      screen = childController(signal)
      element.replaceChildren(elementFor(kind))
    },
    signal,
  )
  explainDisconnects(context, signal)
  return element
}

/** The page of an address that names no screen. */
export function notFoundPage(): HTMLElement {
  const { title, text } = words.pages.notFound
  return deadEndPage(title, text, { href: '/', label: words.pages.toStart }).element
}
