import { entry, menu } from '../ui/menu.ts'
import { h } from '../ui/dom.ts'
import type { Context } from '../app/context.ts'
import type * as Dialogs from '../app/dialogs.ts'
import type { Given } from '../app/parts.ts'
import { keepPlaces } from './keepVisitedRooms.ts'
import { words } from '../words/words.ts'

/** The address people come to this room by. */
function linkOf(room: string): string {
  return `${location.origin}/chat/${room}`
}

/** Copies the room's link. Where the browser refuses that, it is shown to be copied by hand. */
export async function copyLink(
  room: string,
  said: (words: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    await navigator.clipboard.writeText(linkOf(room))
    said(words.common.linkCopied)
  } catch {
    // Without https there is no clipboard: the dialog has the text.
    await showCode(room, said, signal)
  }
}

/** The room's link as a QR code, and as text. */
export function showCode(room: string, said: (words: string) => void, signal: AbortSignal): Promise<void> {
  return openLater(({ openCode }) => openCode(linkOf(room), signal), said)
}

/** Opens a dialog. They come when one is first asked for (W1). */
export async function openLater(
  open: (dialogs: typeof Dialogs) => unknown,
  said: (words: string) => void,
): Promise<void> {
  try {
    await open(await import('../app/dialogs.ts'))
  } catch {
    // The network is off, or a newer version has taken the place of what was asked for (O14).
    said(words.common.notLoaded)
  }
}

/** What one can do here. */
export function roomMenu(
  context: Context,
  room: string,
  on: { me: string; allRead: HTMLElement; said(words: string): void; order(): void; help(): void } & Pick<
    Given,
    'placesOf'
  >,
  signal: AbortSignal,
): { button: HTMLButtonElement; panel: HTMLElement } {
  const { actions, router, store } = context
  const star = entry('star', '', () => {
    const before = on.placesOf('favourites', on.me)
    const is = before.includes(room)
    keepPlaces('favourites', on.me, is ? before.filter((one) => one !== room) : [...before, room])
    on.order()
    on.said(is ? words.rooms.menu.favouriteRemoved : words.rooms.menu.favouriteAdded)
    name()
  })
  const label = h('span', {})
  star.append(label)
  function name(): void {
    label.textContent = on.placesOf('favourites', on.me).includes(room)
      ? words.rooms.menu.removeFavourite
      : words.rooms.menu.addFavourite
  }
  name()
  // Another tab of mine has changed it.
  window.addEventListener(
    'storage',
    ({ key }) => {
      if (key !== 'favourites') return
      on.order()
      name()
    },
    { signal },
  )
  return menu(
    words.rooms.menu.title,
    star,
    on.allRead,
    entry('link', words.common.copyLink, () => void copyLink(room, on.said, signal)),
    entry('code', words.common.showQrCode, () => void showCode(room, on.said, signal)),
    h('hr'),
    entry(
      'settings',
      words.common.settings,
      () => void openLater(({ openSettings }) => openSettings(context, room, signal), on.said),
    ),
    entry('keys', words.help.title, on.help),
    h('hr'),
    entry('leave', words.rooms.menu.leave, () => {
      const mine = store.get().list.flatMap((one) => (one.joined && one.room !== room ? [one.room] : []))
      const next = on.placesOf('recent', on.me).find((one) => mine.includes(one)) ?? mine[0]
      actions.leaveRoom(room)
      router.navigate(next === undefined ? '/' : `/chat/${next}`)
    }),
    entry(
      'off',
      words.common.signOut,
      () =>
        void openLater(async ({ signOut }) => {
          if (await signOut(context, signal)) router.navigate('/')
        }, on.said),
    ),
  )
}
