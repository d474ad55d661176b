import { iconOf } from '../ui/icons.ts'
import { button, h } from '../ui/dom.ts'
import { countText } from '../ui/format.ts'
import { groupRooms, roomLinks, roomStrip, type ListedRoom } from './roomList.ts'
import { unreadCountOf, unreadElsewhere } from '../state/unreadCounts.ts'
import { idOf } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { savedRooms } from '../net/savedRooms.ts'
import { words } from '../words/words.ts'

/** How far (px) the list of rooms was scrolled on the screen before, so that choosing a room does not move it. */
let scrolledTo = 0

/** The rooms, for a panel beside the room, and the button that opens it. `isFound`: the person has opened the panel before. */
export function sidebar(
  { store, siteName }: Context,
  { room, isFound }: { room: string; isFound: boolean },
  on: { browse(): void },
  signal: AbortSignal,
) {
  const links = roomLinks(room)
  const strip = isFound ? null : roomStrip(room, on.browse)
  const list = h('div', { class: 'side-scroll' }, links.element)
  const logo = h(
    'a',
    { class: 'wordmark mark', href: `/chat/${room}` },
    iconOf('mark'),
    h('bdi', {}, siteName),
  )
  const head = h('div', { class: 'panel-head' }, logo)
  const browse = button([iconOf('search'), words.rooms.browse], on.browse, { class: 'row-button' })
  const element = h(
    'div',
    { id: 'sidebar', class: 'panel side', 'aria-label': words.rooms.rooms },
    head,
    list,
    h('div', { class: 'side-foot' }, browse),
  )
  const badge = h('span', { class: 'badge', 'aria-hidden': 'true', hidden: true })
  const toggle = button([iconOf('list'), badge], () => {}, {
    class: 'button-icon relative',
    title: words.rooms.rooms,
  })
  let ordered: readonly ListedRoom[] = []
  let isScrolled = false

  function reorder(): void {
    const favourites = savedRooms('favourites', idOf(store.get()) ?? '')
    const groups = groupRooms(store.get(), room, favourites)
    ordered = [...groups.favourites, ...groups.mine]
    links.update(groups)
    strip?.update(groups)
    if (ordered.length > 0) requestAnimationFrame(scrollToCurrent)
  }

  function scrollToCurrent(): void {
    if (isScrolled || signal.aborted) return
    isScrolled = true
    list.scrollTop = scrolledTo
    element.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' })
  }

  function drawBadge(): void {
    const { unread, mentions } = unreadElsewhere(store.get(), room)
    badge.hidden = !unread
    badge.textContent = mentions ? countText(mentions) : ''
    const label = [
      words.rooms.rooms,
      unread && words.rooms.unread(unread, false),
      mentions && words.rooms.mentions(mentions),
    ]
    toggle.setAttribute('aria-label', label.filter(Boolean).join(', '))
  }

  list.addEventListener('scroll', () => isScrolled && (scrolledTo = list.scrollTop), {
    signal,
    passive: true,
  })
  store.watch(({ roomList }) => roomList, reorder, signal)
  store.watch(
    // As text, so that equal counts are `===`: most changes of the state change none.
    (state) =>
      JSON.stringify([state.drafts, Object.keys(state.rooms).map((id) => [id, unreadCountOf(state, id)])]),
    reorder,
    signal,
  )
  store.watch((state) => JSON.stringify(unreadElsewhere(state, room)), drawBadge, signal)
  // Another tab has changed the favourites.
  window.addEventListener('storage', ({ key }) => key === 'favourites' && reorder(), { signal })

  return {
    element,
    head,
    /** stands in a narrow window until the person has found the panel */
    strip: strip?.element,
    /** opens and closes the panel; a dot says that other rooms have unread messages, a number counts the mentions */
    toggle,
    /** Shows the rooms again after the favourites have changed. */
    reorder,
    /** my rooms in the order shown */
    rooms: () => ordered,
  }
}
