import { LIMITS } from '../../shared/limits.ts'
import { iconOf } from '../ui/icons.ts'
import { h, list, type View } from '../ui/dom.ts'
import { countText, isolated } from '../ui/format.ts'
import { myRooms } from './myRooms.ts'
import { groupRooms, type RoomGroups } from './roomGroups.ts'
import type { CountedRoom } from '../state/unreadCounts.ts'
import { idOf } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { isSidebarOpenPreferred, saveSidebarOpen } from './sidebarPreference.ts'
import { savedRooms } from '../net/savedRooms.ts'
import { words } from '../words/words.ts'

export interface Sidebar {
  readonly element: HTMLElement
  /** lies between the drawer and the rest; a press on it closes */
  readonly scrim: HTMLElement
  /** opens and closes it: "12 here" */
  readonly toggle: HTMLButtonElement
  /** What lies under the open drawer: these parts are inert then. */
  covers(parts: readonly HTMLElement[]): void
  open(): void
  /** my rooms as they stand in it, from above */
  rooms(): readonly CountedRoom[]
  /** Draws the rooms again: which come first has changed. */
  reorder(): void
  /** Closes it where it lies over the page. False: it does not. */
  close(): boolean
  focus(): void
}

const WIDE = '(min-width: 768px)'

/**
 * Rooms and people: a column beside the room, or a drawer over it where there is no space (V13). `shell` carries the state for the style, `people` stands below the rooms.
 */
export function sidebar(
  { store, router, siteName }: Context,
  { room, shell, people }: { room: string; shell: HTMLElement; people: HTMLElement },
  on: { rooms(): void },
  signal: AbortSignal,
): Sidebar {
  const wide = matchMedia(WIDE)
  let closeLayer: (() => void) | null = null
  let covered: readonly HTMLElement[] = []

  const me = () => idOf(store.get()) ?? ''
  const rooms = roomList(room)
  const home = h('a', { class: 'wordmark mark min-h-11', href: '/' })
  home.append(iconOf('mark'), h('bdi', {}, siteName))
  const close = button('close', words.common.close, () => void closeDrawer())
  close.classList.add('drawer-only', 'ms-auto')
  const find = h('button', { type: 'button', class: 'row-button', onClick: () => on.rooms() })
  find.append(iconOf('rooms'), words.rooms.browse)
  const element = h(
    'div',
    {
      id: 'sidebar',
      class: 'side',
      role: 'complementary',
      'aria-label': words.rooms.roomsAndPeople,
      tabindex: -1,
    },
    h('div', { class: 'side-head' }, home, close),
    h(
      'div',
      { class: 'side-scroll', tabindex: 0, role: 'region', 'aria-label': words.people.people },
      rooms.element,
      people,
    ),
    h('div', { class: 'side-foot' }, find),
  )
  const scrim = h('div', { class: 'scrim', onClick: () => void closeDrawer() })
  const count = h('span', { class: 'tabular-nums' })
  const toggle = h('button', {
    type: 'button',
    class: 'button-icon gap-1.5 px-2 text-meta whitespace-nowrap',
    'aria-controls': 'sidebar',
    onClick: () => {
      if (isOpen()) hide()
      else show()
    },
  })
  toggle.append(iconOf('people'), count)

  function button(name: 'close', label: string, press: () => void): HTMLButtonElement {
    const made = h('button', { type: 'button', class: 'button-icon', 'aria-label': label, onClick: press })
    made.append(iconOf(name))
    return made
  }

  function isOpen(): boolean {
    return shell.dataset.sidebar === 'open'
  }

  function draw(open: boolean): void {
    shell.dataset.sidebar = open ? 'open' : 'closed'
    toggle.setAttribute('aria-expanded', String(open))
    const over = open && !wide.matches
    for (const part of covered) part.inert = over
    if (over) element.setAttribute('aria-modal', 'true')
    else element.removeAttribute('aria-modal')
    element.role = over ? 'dialog' : 'complementary'
  }

  function show(): void {
    draw(true)
    if (wide.matches) saveSidebarOpen(true)
    else {
      closeLayer = router.over(closed)
      close.focus()
    }
  }

  function hide(): void {
    if (wide.matches) {
      draw(false)
      saveSidebarOpen(false)
      toggle.focus()
    } else closeDrawer()
  }

  function closeDrawer(): boolean {
    if (closeLayer === null) return false
    closeLayer()
    return true
  }

  // However the drawer ends: by its button, Escape, Back, or since another room was chosen.
  function closed(): void {
    closeLayer = null
    draw(wide.matches && isSidebarOpenPreferred())
    if (!signal.aborted) toggle.focus()
  }

  wide.addEventListener(
    'change',
    () => {
      if (closeLayer !== null) closeDrawer()
      else draw(wide.matches && isSidebarOpenPreferred())
    },
    { signal },
  )
  draw(wide.matches && isSidebarOpenPreferred())

  store.watch(
    (state) => state.rooms[room]?.onlineCount ?? 0,
    (here) => {
      count.textContent = here === 0 ? words.people.people : words.people.count(here)
    },
    signal,
  )
  const mine = myRooms(room)
  let ordered: readonly CountedRoom[] = []
  const reorder = () => {
    const groups = groupRooms(mine(store.get()), savedRooms('favourites', me()))
    ordered = [...groups.first, ...groups.rest]
    rooms.update(groups)
  }
  store.watch(mine, reorder, signal)
  // Another tab of mine has changed the favourites.
  window.addEventListener('storage', ({ key }) => key === 'favourites' && reorder(), { signal })

  return {
    element,
    scrim,
    toggle,
    covers(parts) {
      covered = parts
    },
    open: () => {
      if (!isOpen()) show()
    },
    close: closeDrawer,
    reorder,
    rooms: () => ordered,
    focus: () => (isOpen() ? element : toggle).focus(),
  }
}

/** My rooms, those I put first above the others; nothing where there is but one (U83). */
function roomList(current: string): View<RoomGroups<CountedRoom>> {
  const element = h('nav', { 'aria-label': words.rooms.rooms, hidden: true })
  const [showFirst, showRest] = [words.rooms.favourites, words.rooms.rooms].map((title) => {
    const heading = h('h2', {}, title)
    const rows = h('ul', { role: 'list' })
    element.append(heading, rows)
    const show = list<CountedRoom>(rows, ({ room }) => room, roomView)
    return (entries: readonly CountedRoom[]) => {
      heading.hidden = entries.length === 0
      show(entries)
    }
  })

  function roomView(first: CountedRoom): View<CountedRoom> {
    const name = h('bdi', { class: 'truncate' })
    const mentions = h('span', { class: 'ms-auto text-meta tabular-nums text-accent font-semibold' })
    const unread = h('span', { class: 'text-meta tabular-nums text-accent font-semibold' })
    const link = h(
      'a',
      {
        class: 'row-button',
        href: `/chat/${first.room}`,
        ...(first.room === current && { 'aria-current': 'page' }),
      },
      name,
      mentions,
      unread,
    )
    const update = (entry: CountedRoom) => {
      name.textContent = entry.name
      unread.textContent = entry.unread > 0 ? countText(entry.unread) : ''
      mentions.textContent = entry.mentions > 0 ? `@${countText(entry.mentions)}` : ''
      const said = [
        entry.unread > 0 && words.rooms.unread(entry.unread, entry.unread >= LIMITS.unread),
        entry.mentions > 0 && words.rooms.mentions(entry.mentions),
      ].filter(Boolean)
      link.setAttribute('aria-label', [isolated(entry.name), ...said].join(', '))
    }
    update(first)
    return { element: h('li', {}, link), update }
  }

  return {
    element,
    update({ first, rest }) {
      element.hidden = first.length + rest.length < 2
      showFirst?.(first)
      showRest?.(rest)
    },
  }
}
