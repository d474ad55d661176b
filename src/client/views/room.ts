import { h } from '../dom.ts'
import { chatView } from './chat.ts'
import type { Context } from './context.ts'
import { focusSoon } from './focus.ts'
import { doorView } from './home.ts'
import { wayOut } from './page.ts'

/** A room: the door for nobody yet, the chat for somebody, a dead end where it is closed to them (U4, U86). */
export function roomView(
  context: Context,
  { room, seq }: { room: string; seq?: number },
  signal: AbortSignal,
): HTMLElement {
  const { store } = context
  const element = h('div', {})
  let inner = new AbortController()
  signal.addEventListener('abort', () => inner.abort(), { once: true })

  function show(make: (signal: AbortSignal) => HTMLElement | null): void {
    inner.abort()
    inner = new AbortController()
    element.replaceChildren(make(inner.signal) ?? '')
  }

  function deadEnd(): HTMLElement {
    const { element: screen, title } = closed(room)
    // A9: what had the focus is gone with the room.
    focusSoon(title, inner.signal)
    return screen
  }

  store.watch(
    ({ self, rooms }) => {
      if (self === 'unknown') return 'unknown'
      if (self === null) return 'nobody'
      return rooms[room]?.sync.state === 'closed' ? `closed ${self.id}` : `open ${self.id}`
    },
    (state) => {
      if (state === 'unknown') show(() => null)
      else if (state === 'nobody')
        show((its) => doorView(context, { room, joins: room, entered: () => {} }, its))
      else if (state.startsWith('open'))
        show((its) => chatView(context, { room, ...(seq !== undefined && { seq }) }, its))
      else show(deadEnd)
    },
    signal,
  )
  return element
}

function closed(room: string): ReturnType<typeof wayOut> {
  return wayOut(
    'This room does not exist or is not open to you',
    'Whoever sent you here can tell you more.',
    room === 'lobby'
      ? { href: '/', words: 'Go to the start page' }
      : { href: '/chat/lobby', words: 'Go to the lobby' },
  )
}
