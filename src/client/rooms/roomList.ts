import { LIMITS } from '../../shared/limits.ts'
import { h, listSection, type View } from '../ui/dom.ts'
import { compareNames, countText, isolated } from '../ui/format.ts'
import type { State } from '../state/state.ts'
import { unreadCountOf, type CountedRoom } from '../state/unreadCounts.ts'
import { words } from '../words/words.ts'

/** My rooms with their unread counts; `current` is listed even before the server lists it as mine. */
export function myRooms(state: State, current: string): CountedRoom[] {
  return state.roomList
    .filter(({ joined, room }) => joined || room === current)
    .map((entry) => ({ ...entry, ...unreadCountOf(state, entry.room) }))
}

interface RoomGroups {
  favourites: readonly CountedRoom[]
  others: readonly CountedRoom[]
}

/** Rooms in two groups, each by name: new messages never change the order (U83). */
export function groupRooms(rooms: readonly CountedRoom[], favourites: readonly string[]): RoomGroups {
  const sorted = rooms.toSorted((a, b) => compareNames(a.name, b.name))
  return {
    favourites: sorted.filter(({ room }) => favourites.includes(room)),
    others: sorted.filter(({ room }) => !favourites.includes(room)),
  }
}

/** Links to my rooms, favourites first; hidden while I am in one room only (U83). */
export function roomLinks(current: string): View<RoomGroups> {
  const favourites = listSection<CountedRoom>(words.rooms.favourites, ({ room }) => room, roomLink)
  const others = listSection<CountedRoom>(words.rooms.rooms, ({ room }) => room, roomLink)
  const element = h('nav', { 'aria-label': words.rooms.rooms }, favourites.element, others.element)

  function roomLink(initial: CountedRoom): View<CountedRoom> {
    const name = h('bdi', { class: 'truncate' })
    const mentions = h('span', { class: 'ms-auto text-meta tabular-nums text-accent font-semibold' })
    const unread = h('span', { class: 'text-meta tabular-nums text-accent font-semibold' })
    const link = h(
      'a',
      {
        class: 'row-button',
        href: `/chat/${initial.room}`,
        'aria-current': initial.room === current && 'page',
      },
      name,
      mentions,
      unread,
    )
    const update = (entry: CountedRoom) => {
      name.textContent = entry.name
      unread.textContent = entry.unread > 0 ? countText(entry.unread) : ''
      mentions.textContent = entry.mentions > 0 ? `@${countText(entry.mentions)}` : ''
      const label = [
        isolated(entry.name),
        entry.unread > 0 && words.rooms.unread(entry.unread, entry.unread >= LIMITS.unread),
        entry.mentions > 0 && words.rooms.mentions(entry.mentions),
      ]
      link.setAttribute('aria-label', label.filter(Boolean).join(', '))
    }
    update(initial)
    return { element: h('li', {}, link), update }
  }

  return {
    element,
    update(groups) {
      element.hidden = groups.favourites.length + groups.others.length < 2
      favourites.update(groups.favourites)
      others.update(groups.others)
    },
  }
}
