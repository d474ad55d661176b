import { assertNever } from '../../../shared/assert.ts'
import type { State } from '../../state/state.ts'
import { childController, h } from '../../ui/dom.ts'
import { roomScreen } from './roomScreen.ts'
import type { Context } from '../context.ts'
import { focusSoon } from '../../ui/focusSoon.ts'
import { joinPage } from '../../session/homePage.ts'
import { deadEndPage } from '../../ui/centeredPage.ts'
import { words } from '../../words/words.ts'

function screenOf({ self, rooms }: State, room: string): 'nothing' | 'join' | 'room' | 'closed' | 'left' {
  if (self === 'unknown') return 'nothing'
  if (self === null) return 'join'
  const sync = rooms[room]?.sync
  if (sync?.state !== 'closed') return 'room'
  return sync.left ? 'left' : 'closed'
}

/** The page of a room's address: asks for a name, shows the room, or says that the room is closed to this person (U4, U86). */
export function roomPage(
  context: Context,
  { room, seq }: { room: string; seq?: number },
  signal: AbortSignal,
): HTMLElement {
  const { store, actions } = context
  const element = h('div', {})
  let screen = childController(signal)

  function deadEnd(join: (() => void) | null): HTMLElement {
    const { roomLeft, roomClosed } = words.pages
    const { title, text } = join ? roomLeft : roomClosed
    const page = deadEndPage(
      title,
      text,
      room === 'lobby'
        ? { href: '/', label: words.pages.toStart }
        : { href: '/chat/lobby', label: words.pages.toLobby },
      ...(join ? [{ label: words.pages.join, press: join }] : []),
    )
    // The element that had the focus went with the room (A9).
    focusSoon(page.title, screen.signal)
    return page.element
  }

  function make(shows: ReturnType<typeof screenOf>): HTMLElement | string {
    // prettier-ignore
    switch (shows) {
      case 'nothing': return ''
      case 'join': return joinPage(context, { room, joins: room, entered: () => {} }, screen.signal)
      case 'room': return roomScreen(context, { room, ...(seq !== undefined && { seq }) }, screen.signal)
      case 'left': return deadEnd(() => actions.openRoom(room))
      case 'closed': return deadEnd(null)
      default: return assertNever(shows)
    }
  }

  // Opening a room's address joins it, even if it was left before.
  if (store.get().rooms[room]?.sync.state === 'closed') actions.openRoom(room)
  store.watch(
    (state) => screenOf(state, room),
    (shows) => {
      screen.abort()
      screen = childController(signal)
      element.replaceChildren(make(shows))
    },
    signal,
  )
  return element
}

/** The page of an address that names no screen. */
export function notFoundPage(): HTMLElement {
  const { title, text } = words.pages.notFound
  return deadEndPage(title, text, { href: '/', label: words.pages.toStart }).element
}
