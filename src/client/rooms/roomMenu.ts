import { menuButton, type MenuEntry } from '../ui/menu.ts'
import type { Context } from '../app/context.ts'
import { saveRooms, savedRooms } from '../net/savedRooms.ts'
import { roomAddress } from '../state/roomName.ts'
import { words } from '../words/words.ts'

interface RoomMenuEvents {
  say(message: string): void
  /** The favourites have changed. */
  reorder(): void
  markAllRead(): void
  jumpToDate(): void
  copyLink(): void
  showCode(): void
  settings(): void
  help(): void
  signOut(): void
}

/** The menu of a room and of the whole chat. */
export function roomMenu(
  { actions, router, store }: Context,
  { room, me }: { room: string; me: string },
  on: RoomMenuEvents,
  signal: AbortSignal,
): HTMLButtonElement {
  function favouriteEntry(): MenuEntry {
    const favourites = savedRooms('favourites', me)
    const others = favourites.filter((favourite) => favourite !== room)
    const isFavourite = others.length < favourites.length
    const { addFavourite, removeFavourite, favouriteAdded, favouriteRemoved } = words.rooms.menu
    const toggle = () => {
      saveRooms('favourites', me, isFavourite ? others : [...favourites, room])
      on.reorder()
      on.say(isFavourite ? favouriteRemoved : favouriteAdded)
    }
    return { icon: 'star', label: isFavourite ? removeFavourite : addFavourite, press: toggle }
  }

  function leave(): void {
    const { roomList } = store.get()
    const others = roomList.filter((listed) => listed.joined && listed.room !== room).map(({ room }) => room)
    const next = savedRooms('recent', me).find((recent) => others.includes(recent)) ?? others[0]
    // Without another room, the page of this room offers to join it again.
    if (next !== undefined) router.navigate(roomAddress(store.get(), next))
    actions.leaveRoom(room)
  }

  return menuButton(
    words.rooms.menu.title,
    () => [
      favouriteEntry(),
      { icon: 'calendar', label: words.timeline.jumpToDate, press: on.jumpToDate },
      { icon: 'link', label: words.common.copyLink, press: on.copyLink },
      { icon: 'code', label: words.common.invite, press: on.showCode },
      { icon: 'leave', label: words.rooms.menu.leave, press: leave },
      null,
      { icon: 'check', label: words.rooms.markAllRead.mark, press: on.markAllRead },
      { icon: 'settings', label: words.common.settings, press: on.settings },
      { icon: 'keys', label: words.help, press: on.help },
      { icon: 'off', label: words.common.signOut, press: on.signOut },
    ],
    signal,
  )
}
