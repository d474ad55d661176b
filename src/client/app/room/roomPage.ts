import { assertNever } from '../../../shared/assert.ts'
import type { State } from '../../state/state.ts'
import { h } from '../../ui/dom.ts'
import { roomScreen } from './roomScreen.ts'
import type { Context } from '../context.ts'
import { focusSoon } from '../../ui/focusSoon.ts'
import { joinPage } from '../../session/homePage.ts'
import { deadEndPage } from '../../ui/centeredPage.ts'
import { words } from '../../words/words.ts'

/** What the page of a room shows. `user`: whose screen it is, made anew for another person. */
type RoomPageState = { shows: 'nothing' | 'join' } | { shows: 'room' | 'closed' | 'left'; user: string }

function pageStateOf({ self, rooms }: State, room: string): RoomPageState {
  if (self === 'unknown') return { shows: 'nothing' }
  if (self === null) return { shows: 'join' }
  const sync = rooms[room]?.sync
  const shows = sync?.state !== 'closed' ? 'room' : sync.left ? 'left' : 'closed'
  return { shows, user: self.id }
}

const isSame = (a: RoomPageState, b: RoomPageState) =>
  a.shows === b.shows && ('user' in a ? a.user : null) === ('user' in b ? b.user : null)

/** A room: the door for nobody yet, the chat for somebody, a dead end where it is closed to them (U4, U86). */
export function roomPage(
  context: Context,
  { room, seq }: { room: string; seq?: number },
  signal: AbortSignal,
): HTMLElement {
  const { store, actions } = context
  const element = h('div', {})
  let inner = new AbortController()
  signal.addEventListener('abort', () => inner.abort(), { once: true })

  function show(make: (signal: AbortSignal) => HTMLElement | null): void {
    inner.abort()
    inner = new AbortController()
    element.replaceChildren(make(inner.signal) ?? '')
  }

  function deadEnd(left: boolean): HTMLElement {
    const { element: screen, title } = closed(room, left ? () => actions.openRoom(room) : null)
    // A9: what had the focus is gone with the room.
    focusSoon(title, inner.signal)
    return screen
  }

  // Opening a room's address joins it, even if it was left before.
  if (store.get().rooms[room]?.sync.state === 'closed') actions.openRoom(room)
  let current: RoomPageState = { shows: 'nothing' }
  store.watch(
    (state) => {
      const next = pageStateOf(state, room)
      if (!isSame(next, current)) current = next
      return current
    },
    ({ shows }) => {
      // prettier-ignore
      switch (shows) {
        case 'nothing': return show(() => null)
        case 'join': return show((inside) => joinPage(context, { room, joins: room, entered: () => {} }, inside))
        case 'room': return show((inside) => roomScreen(context, { room, ...(seq !== undefined && { seq }) }, inside))
        case 'closed': case 'left': return show(() => deadEnd(shows === 'left'))
        default: return assertNever(shows)
      }
    },
    signal,
  )
  return element
}

function closed(room: string, join: (() => void) | null): ReturnType<typeof deadEndPage> {
  const away =
    room === 'lobby'
      ? { href: '/', label: words.pages.toStart }
      : { href: '/chat/lobby', label: words.pages.toLobby }
  if (join === null) return deadEndPage(words.pages.roomClosed.title, words.pages.roomClosed.text, away)
  return deadEndPage(words.pages.roomLeft.title, words.pages.roomLeft.text, away, {
    label: words.pages.join,
    press: join,
  })
}
