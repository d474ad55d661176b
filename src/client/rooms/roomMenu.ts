import { entry, menuButton } from '../ui/menu.ts'
import { h } from '../ui/dom.ts'
import type { Context } from '../app/context.ts'
import { saveRooms, savedRooms } from '../net/savedRooms.ts'
import { words } from '../words/words.ts'

export interface RoomMenuEvents {
  say(message: string): void
  /** The order of rooms in the sidebar has changed. */
  reorder(): void
  copyLink(): void
  showCode(): void
  settings(): void
  help(): void
  signOut(): void
}

/**
 * The button for what one can do with a room and with the chat.
 * @param markAllRead makes the entry for that
 */
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
  function favouriteEntry(menuSignal: AbortSignal): HTMLElement {
    const label = h('span', {})
    const showLabel = () => {
      label.textContent = savedRooms('favourites', me).includes(room)
        ? words.rooms.menu.removeFavourite
        : words.rooms.menu.addFavourite
    }
    showLabel()
    window.addEventListener('storage', ({ key }) => key === 'favourites' && showLabel(), {
      signal: menuSignal,
    })
    return entry('star', label, toggleFavourite)
  }

  function toggleFavourite(): void {
    const favourites = savedRooms('favourites', me)
    const isFavourite = favourites.includes(room)
    const next = isFavourite ? favourites.filter((favourite) => favourite !== room) : [...favourites, room]
    saveRooms('favourites', me, next)
    on.reorder()
    on.say(isFavourite ? words.rooms.menu.favouriteRemoved : words.rooms.menu.favouriteAdded)
  }

  function leave(): void {
    const mine = store
      .get()
      .roomList.flatMap((listed) => (listed.joined && listed.room !== room ? [listed.room] : []))
    const next = savedRooms('recent', me).find((recentRoom) => mine.includes(recentRoom)) ?? mine[0]
    actions.leaveRoom(room)
    router.navigate(next === undefined ? '/' : `/chat/${next}`)
  }

  return menuButton(
    words.rooms.menu.title,
    (menuSignal) => [
      favouriteEntry(menuSignal),
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
