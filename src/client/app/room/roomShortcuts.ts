import type { Context } from '../context.ts'
import type { Sidebar } from '../../rooms/sidebar.ts'

/**
 * From room to room by the keyboard (U84): Mod+K asks which, Alt with an arrow goes to the next in the order of the sidebar, with
 * Shift to the next that has something unread.
 */
export function roomShortcuts(
  { router }: Context,
  { room, side }: { room: string; side: Pick<Sidebar, 'rooms'> },
  on: { switchRoom(): void },
  signal: AbortSignal,
): void {
  function step(by: 1 | -1, unread: boolean): void {
    const rooms = side.rooms()
    const from = rooms.findIndex((entry) => entry.room === room)
    for (let far = 1; far < rooms.length; far += 1) {
      const next = rooms.at((from + by * far) % rooms.length)
      if (next && (!unread || next.unread > 0)) return router.navigate(`/chat/${next.room}`)
    }
  }

  document.addEventListener(
    'keydown',
    (event) => {
      if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return
      const mod = event.ctrlKey !== event.metaKey
      if (mod && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        on.switchRoom()
      } else if (event.altKey && !event.ctrlKey && !event.metaKey && /^Arrow(Up|Down)$/.test(event.key)) {
        event.preventDefault()
        step(event.key === 'ArrowDown' ? 1 : -1, event.shiftKey)
      }
    },
    { signal },
  )
}
