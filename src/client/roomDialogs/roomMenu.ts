import { openMenu, type MenuEntry } from '../ui/menu.ts'
import type { Context } from '../app/context.ts'
import { saveRooms, savedRooms } from '../net/savedRooms.ts'
import { roomAddress } from '../state/roomName.ts'
import { idOf } from '../state/state.ts'
import { icon, iconOf } from '../ui/icons.ts'
import { words } from '../words/words.ts'

/** Icons that only this menu shows. */
const PATHS = {
  calendar: 'M3.5 5h13v11.5h-13zM3.5 8.5h13M7 3v3.5M13 3v3.5',
  code: 'M3.5 3.5h5v5h-5zM11.5 3.5h5v5h-5zM3.5 11.5h5v5h-5zM11.5 11.5h2v2h-2zM16.5 11.5v5h-3',
  check: 'M2.5 10.5l3.5 3.5l7-8M10 13.5l.5 .5l7-8',
  keys: 'M2.5 5.5h15v9h-15zM5.5 8.5h.1M8.5 8.5h.1M11.5 8.5h.1M14.5 8.5h.1M6.5 11.5h7',
  leave: 'M11.5 3.5h-6v13h6M9 10h8M14 7l3 3l-3 3',
  off: 'M10 3v7M6.2 5.2a6.5 6.5 0 1 0 7.6 0',
  settings: 'M3 6h7M14 6h3M3 14h3M10 14h7M12 4a2 2 0 1 0 0 4a2 2 0 1 0 0-4M8 12a2 2 0 1 0 0 4a2 2 0 1 0 0-4',
  star: 'M10 3l2.2 4.6l5 .6l-3.7 3.4l1 5L10 14.1l-4.5 2.5l1-5L2.8 8.2l5-.6z',
}

export interface RoomMenuEvents {
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
export function openRoomMenu(
  { actions, router, store }: Context,
  { room, opener, byKey }: { room: string; opener: HTMLButtonElement; byKey: boolean },
  on: RoomMenuEvents,
  signal: AbortSignal,
): void {
  const me = idOf(store.get()) ?? ''

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
    return { icon: icon(PATHS.star), label: isFavourite ? removeFavourite : addFavourite, press: toggle }
  }

  function leave(): void {
    const { roomList } = store.get()
    const others = roomList.filter((listed) => listed.joined && listed.room !== room).map(({ room }) => room)
    const next = savedRooms('recent', me).find((recent) => others.includes(recent)) ?? others[0]
    // Without another room, the page of this room offers to join it again.
    if (next !== undefined) router.navigate(roomAddress(store.get(), next))
    actions.leaveRoom(room)
  }

  const entries = [
    favouriteEntry(),
    { icon: icon(PATHS.calendar), label: words.timeline.jumpToDate, press: on.jumpToDate },
    { icon: iconOf('link'), label: words.common.copyLink, press: on.copyLink },
    { icon: icon(PATHS.code), label: words.common.invite, press: on.showCode },
    { icon: icon(PATHS.leave), label: words.rooms.menu.leave, press: leave },
    null,
    { icon: icon(PATHS.check), label: words.rooms.markAllRead.mark, press: on.markAllRead },
    { icon: icon(PATHS.settings), label: words.common.settings, press: on.settings },
    { icon: icon(PATHS.keys), label: words.help, press: on.help },
    { icon: icon(PATHS.off), label: words.common.signOut, press: on.signOut },
  ] as const
  openMenu({ opener, label: words.rooms.menu.title, byKey }, entries, signal)
}
