import { entry, menuButton } from '../ui/menu.ts'
import { h } from '../ui/dom.ts'
import type { Context } from '../app/context.ts'
import { saveRooms, savedRooms } from '../net/savedRooms.ts'
import { words } from '../words/words.ts'

export interface RoomMenuEvents {
  say(message: string): void
  /** The favourites have changed. */
  reorder(): void
  copyLink(): void
  showCode(): void
  settings(): void
  help(): void
  signOut(): void
}

/** The menu of a room and of the whole chat. @param markAllRead creates the entry that marks all rooms read */
export function roomMenu(
  { actions, router, store }: Context,
  {
    room,
    me,
    markAllRead,
  }: { room: string; me: string; markAllRead: (menuSignal: AbortSignal) => HTMLElement },
  on: RoomMenuEvents,
  signal: AbortSignal,
): HTMLButtonElement {
  function favouriteEntry(): HTMLElement {
    const favourites = savedRooms('favourites', me)
    const others = favourites.filter((favourite) => favourite !== room)
    const isFavourite = others.length < favourites.length
    const { addFavourite, removeFavourite, favouriteAdded, favouriteRemoved } = words.rooms.menu
    return entry('star', isFavourite ? removeFavourite : addFavourite, () => {
      saveRooms('favourites', me, isFavourite ? others : [...favourites, room])
      on.reorder()
      on.say(isFavourite ? favouriteRemoved : favouriteAdded)
    })
  }

  function leave(): void {
    const { roomList } = store.get()
    const others = roomList.filter((listed) => listed.joined && listed.room !== room).map(({ room }) => room)
    const next = savedRooms('recent', me).find((recent) => others.includes(recent)) ?? others[0]
    actions.leaveRoom(room)
    router.navigate(next === undefined ? '/' : `/chat/${next}`)
  }

  return menuButton(
    words.rooms.menu.title,
    (menuSignal) => [
      favouriteEntry(),
      markAllRead(menuSignal),
      entry('link', words.common.copyLink, on.copyLink),
      entry('code', words.common.showQrCode, on.showCode),
      h('hr'),
      entry('settings', words.common.settings, on.settings),
      entry('keys', words.help.title, on.help),
      h('hr'),
      entry('leave', words.rooms.menu.leave, leave),
      entry('off', words.common.signOut, on.signOut),
    ],
    signal,
  )
}
