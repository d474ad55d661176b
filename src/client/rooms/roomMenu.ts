import { entry, menu } from '../ui/menu.ts'
import { h } from '../ui/dom.ts'
import type { Context } from '../app/context.ts'
import { saveRooms, savedRooms } from '../net/savedRooms.ts'
import { words } from '../words/words.ts'

export interface RoomMenuEvents {
  say(words: string): void
  /** The order of rooms in the sidebar has changed. */
  reorder(): void
  copyLink(): void
  showCode(): void
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
    const favourites = savedRooms('favourites', me)
    const isFavourite = favourites.includes(room)
    const next = isFavourite ? favourites.filter((favourite) => favourite !== room) : [...favourites, room]
    saveRooms('favourites', me, next)
    on.reorder()
    on.say(isFavourite ? words.rooms.menu.favouriteRemoved : words.rooms.menu.favouriteAdded)
    nameStar()
  })
  const label = h('span', {})
  star.append(label)
  function nameStar(): void {
    label.textContent = savedRooms('favourites', me).includes(room)
      ? words.rooms.menu.removeFavourite
      : words.rooms.menu.addFavourite
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
    const next = savedRooms('recent', me).find((recentRoom) => mine.includes(recentRoom)) ?? mine[0]
    actions.leaveRoom(room)
    router.navigate(next === undefined ? '/' : `/chat/${next}`)
  }

  return menu(
    words.rooms.menu.title,
    star,
    markAllRead,
    entry('link', words.common.copyLink, on.copyLink),
    entry('code', words.common.showQrCode, on.showCode),
    h('hr'),
    entry('settings', words.common.settings, on.settings),
    entry('keys', words.help.title, on.help),
    h('hr'),
    entry('leave', words.rooms.menu.leave, leave),
    entry('off', words.common.signOut, on.signOut),
  )
}
