import { iconButton, iconOf } from '../ui/icons.ts'
import { button, h } from '../ui/dom.ts'
import { trapFocus, watchSwipes } from './drawerGestures.ts'
import { groupRooms, myRooms, roomLinks } from './roomList.ts'
import type { CountedRoom } from '../state/unreadCounts.ts'
import { idOf } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { savedRooms } from '../net/savedRooms.ts'
import { readItem, webStorage, writeItem } from '../net/webStorage.ts'
import { words } from '../words/words.ts'

export type Sidebar = ReturnType<typeof sidebar>

/** The key in localStorage. Its value is `closed` if the person closed the sidebar where it is a column. */
const STORAGE_KEY = 'people'

/**
 * Rooms and people: a column beside the room, or below 768 px a drawer over it (V13). `data-sidebar` of `shell` tells the style
 * sheet whether it is open; `people` stands below the rooms, `note` at the end.
 */
export function sidebar(
  { store, router, siteName }: Context,
  { room, shell, people, note }: { room: string; shell: HTMLElement; people: HTMLElement; note: HTMLElement },
  on: { rooms(): void },
  signal: AbortSignal,
) {
  const wide = matchMedia('(min-width: 768px)')
  const device = webStorage('localStorage')
  let closeLayer: (() => void) | null = null
  let ordered: readonly CountedRoom[] = []

  const links = roomLinks(room)
  const close = iconButton('close', words.common.close, closeDrawer)
  close.classList.add('drawer-only', 'ms-auto')
  const browse = button([iconOf('rooms'), words.rooms.browse], on.rooms, { class: 'row-button' })
  const element = h(
    'div',
    { id: 'sidebar', class: 'side', 'aria-label': words.rooms.roomsAndPeople, tabindex: -1 },
    h(
      'div',
      { class: 'side-head' },
      h('a', { class: 'wordmark mark', href: '/' }, iconOf('mark'), h('bdi', {}, siteName)),
      close,
    ),
    h(
      'div',
      { class: 'side-scroll', tabindex: 0, role: 'region', 'aria-label': words.people.people },
      links.element,
      people,
    ),
    note,
    h('div', { class: 'side-foot' }, browse),
  )
  const scrim = h('div', { class: 'scrim', onClick: closeDrawer })
  const count = h('span', { class: 'tabular-nums' })
  const toggle = button([iconOf('people'), count], () => (isOpen() ? hide() : show()), {
    class: 'button-icon gap-1.5 px-2 text-meta whitespace-nowrap',
    'aria-controls': 'sidebar',
  })

  const isOpen = () => shell.dataset.sidebar === 'open'

  function draw(open: boolean): void {
    shell.dataset.sidebar = open ? 'open' : 'closed'
    toggle.setAttribute('aria-expanded', String(open))
    const isModal = open && !wide.matches
    for (const part of shell.querySelectorAll<HTMLElement>('.skip, .head, main')) part.inert = isModal
    element.role = isModal ? 'dialog' : 'complementary'
    element.ariaModal = isModal ? 'true' : null
  }

  const drawPreference = () => draw(wide.matches && readItem(device, STORAGE_KEY) !== 'closed')

  function show(): void {
    draw(true)
    if (wide.matches) writeItem(device, STORAGE_KEY, 'open')
    else {
      closeLayer = router.openLayer(drawerClosed)
      close.focus()
    }
  }

  function hide(): void {
    if (closeDrawer()) return
    draw(false)
    writeItem(device, STORAGE_KEY, 'closed')
    toggle.focus()
  }

  function closeDrawer(): boolean {
    if (closeLayer === null) return false
    closeLayer()
    return true
  }

  // Called however the drawer closes: by its button, Escape, Back, or because another room was chosen.
  function drawerClosed(): void {
    closeLayer = null
    drawPreference()
    if (!signal.aborted) toggle.focus()
  }

  function reorder(): void {
    const me = idOf(store.get()) ?? ''
    const groups = groupRooms(myRooms(store.get(), room), savedRooms('favourites', me))
    ordered = [...groups.favourites, ...groups.others]
    links.update(groups)
  }

  drawPreference()
  const onWidth = () => {
    if (!closeDrawer()) drawPreference()
  }
  wide.addEventListener('change', onWidth, { signal })
  watchSwipes(shell, element, { isOpen, open: show, close: closeDrawer }, signal)
  trapFocus(element, signal)
  store.watch(
    (state) => state.rooms[room]?.onlineCount ?? 0,
    (online) => (count.textContent = online === 0 ? words.people.people : words.people.count(online)),
    signal,
  )
  store.watch(
    // As text, so that equal lists are `===`: most changes of the state change nothing in the links.
    (state) =>
      JSON.stringify(myRooms(state, room).map((row) => [row.room, row.name, row.unread, row.mentions])),
    reorder,
    signal,
  )
  // Another tab has changed the favourites.
  window.addEventListener('storage', ({ key }) => key === 'favourites' && reorder(), { signal })

  return {
    element,
    /** covers the room beside the open drawer; pressing it closes the drawer */
    scrim,
    /** opens and closes the sidebar; shows how many people are online */
    toggle,
    /** Closes the drawer. False if it is not open. */
    close: closeDrawer,
    /** Shows the rooms again after the favourites have changed. */
    reorder,
    /** my rooms in the order shown */
    rooms: () => ordered,
    focus: () => (isOpen() ? element : toggle).focus(),
  }
}
