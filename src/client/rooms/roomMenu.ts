import { entry, menu } from '../ui/menu.ts'
import { h } from '../ui/dom.ts'
import type { Context } from '../app/context.ts'
import { copyLink, showCode } from './inviteDialog.ts'
import { saveVisitedRooms, visitedRooms } from './visitedRooms.ts'

export interface RoomMenuEvents {
  say(words: string): void
  /** The order of rooms in the sidebar has changed. */
  reorder(): void
  settings(): void
  help(): void
  signOut(): void
}

/** What one can do with a room and with the chat. @param markAllRead its entry for that */
export function roomMenu(
  { actions, router, store }: Context,
  { room, me, markAllRead }: { room: string; me: string; markAllRead: HTMLElement },
  on: RoomMenuEvents,
  signal: AbortSignal,
): { button: HTMLButtonElement; panel: HTMLElement } {
  const star = entry('star', '', () => {
    const favourites = visitedRooms('favourites', me)
    const isFavourite = favourites.includes(room)
    const next = isFavourite ? favourites.filter((favourite) => favourite !== room) : [...favourites, room]
    saveVisitedRooms('favourites', me, next)
    on.reorder()
    on.say(isFavourite ? 'Taken off your favourites' : 'Added to your favourites')
    nameStar()
  })
  const words = h('span', {})
  star.append(words)
  function nameStar(): void {
    words.textContent = visitedRooms('favourites', me).includes(room)
      ? 'Take off favourites'
      : 'Add to favourites'
  }
  nameStar()
  // Another tab of mine has changed it.
  window.addEventListener(
    'storage',
    ({ key }) => {
      if (key !== 'favourites') return
      on.reorder()
      nameStar()
    },
    { signal },
  )

  function leave(): void {
    const mine = store
      .get()
      .roomList.flatMap((listed) => (listed.joined && listed.room !== room ? [listed.room] : []))
    const next = visitedRooms('recent', me).find((visited) => mine.includes(visited)) ?? mine[0]
    actions.leaveRoom(room)
    router.navigate(next === undefined ? '/' : `/chat/${next}`)
  }

  return menu(
    words.rooms.menu.title,
    star,
    markAllRead,
    entry('link', 'Copy link', () => void copyLink(room, on.say, signal)),
    entry('code', 'Show QR code', () => void showCode(room, on.say, signal)),
    h('hr'),
    entry('settings', 'Settings', on.settings),
    entry('keys', 'Keys and commands', on.help),
    h('hr'),
    entry('leave', 'Leave this room', leave),
    entry('off', 'Sign out', on.signOut),
  )
}
