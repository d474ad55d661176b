import { h } from '../../ui/dom.ts'
import { roomScreen } from './roomScreen.ts'
import type { Context } from '../context.ts'
import { focusSoon } from '../../ui/focusSoon.ts'
import { joinPage } from '../../session/homePage.ts'
import { deadEndPage } from '../../ui/centeredPage.ts'
import { words } from '../../words/words.ts'

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
  store.watch(
    ({ self, rooms }) => {
      if (self === 'unknown') return 'unknown'
      if (self === null) return 'nobody'
      const sync = rooms[room]?.sync
      if (sync?.state !== 'closed') return `open ${self.id}`
      return `${sync.left ? 'left' : 'closed'} ${self.id}`
    },
    (state) => {
      if (state === 'unknown') show(() => null)
      else if (state === 'nobody')
        show((stateSignal) => joinPage(context, { room, joins: room, entered: () => {} }, stateSignal))
      else if (state.startsWith('open'))
        show((stateSignal) => roomScreen(context, { room, ...(seq !== undefined && { seq }) }, stateSignal))
      else show(() => deadEnd(state.startsWith('left')))
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
