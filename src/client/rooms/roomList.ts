import { LIMITS } from '../../shared/limits.ts'
import type { RoomEntry } from '../../shared/model.ts'
import { roomPath } from '../../shared/roomPath.ts'
import { h, list, listSection, type View } from '../ui/dom.ts'
import { compareNames, countText } from '../ui/format.ts'
import { iconButton, iconOf } from '../ui/icons.ts'
import { rovingFocus } from '../ui/focus/rovingFocus.ts'
import type { State } from '../state/state.ts'
import { unreadCountOf, type CountedRoom } from '../state/unreadCounts.ts'
import { words } from '../words/words.ts'

/** A room as the sidebar lists it. */
export interface ListedRoom extends CountedRoom {
  /** this device holds an unsent message for it */
  hasDraft: boolean
}

export interface RoomGroups {
  favourites: readonly ListedRoom[]
  mine: readonly ListedRoom[]
  /** public rooms that I have not joined */
  more: readonly ListedRoom[]
}

/** How many rooms of others the sidebar lists; "Browse rooms" has the rest. */
const MAX_MORE = 10

const byName = (a: RoomEntry, b: RoomEntry) => compareNames(a.name, b.name)

/**
 * My rooms in two groups, then the busiest rooms of others, each group by name: new messages never change the order (U83).
 * `current` is listed as mine even before the server lists it so.
 */
export function groupRooms(state: State, current: string, favourites: readonly string[]): RoomGroups {
  const all = state.roomList.map((entry) => ({
    ...entry,
    ...unreadCountOf(state, entry.room),
    hasDraft: entry.room !== current && entry.room in state.drafts,
  }))
  const isMine = ({ joined, room }: RoomEntry) => joined || room === current
  const mine = all.filter(isMine).sort(byName)
  const more = all
    .filter((entry) => !isMine(entry))
    .sort((a, b) => b.count - a.count || byName(a, b))
    .slice(0, MAX_MORE)
  return {
    favourites: mine.filter(({ room }) => favourites.includes(room)),
    mine: mine.filter(({ room }) => !favourites.includes(room)),
    more: more.sort(byName),
  }
}

/** Links to rooms. `current` is marked. */
export function roomLinks(current: string): View<RoomGroups> {
  const makeLink = roomLinkFor(current)
  const sectionOf = (title: string) => listSection<ListedRoom>(title, ({ room }) => room, makeLink)
  const favourites = sectionOf(words.rooms.favourites)
  const mine = sectionOf(words.rooms.rooms)
  const more = sectionOf(words.rooms.more)
  const element = h('div', {}, favourites.element, mine.element, more.element)
  const changeItems = rovingFocus(element)
  return {
    element,
    update(groups) {
      changeItems(() => {
        favourites.update(groups.favourites)
        mine.update(groups.mine)
        more.update(groups.more)
      })
    },
  }
}

/** A line of links to the rooms but the current one, behind a button that browses all. */
export function roomStrip(current: string, browse: () => void): View<RoomGroups> {
  const rows = h('ul', { role: 'list', class: 'flex gap-1' })
  const show = list<ListedRoom>(rows, ({ room }) => room, roomLinkFor(current))
  const element = h(
    'nav',
    { class: 'room-strip', 'aria-label': words.rooms.others },
    iconButton('search', words.rooms.browse, browse),
    rows,
  )
  return {
    element,
    update({ favourites, mine, more }) {
      const others = [...favourites, ...mine, ...more].filter(({ room }) => room !== current)
      element.hidden = others.length === 0
      show(others)
    },
  }
}

function roomLinkFor(current: string): (initial: ListedRoom) => View<ListedRoom> {
  return (initial) => {
    const { room, name } = initial
    const link = h('a', {
      class: 'row-button room-link',
      href: roomPath(room, name),
      'aria-current': room === current && 'page',
    })
    const update = (entry: ListedRoom) => {
      link.classList.toggle('unread', entry.unread > 0)
      link.replaceChildren(iconOf('rooms'), h('bdi', {}, entry.name), ...marksOf(entry))
    }
    update(initial)
    return { element: h('li', {}, link), update }
  }
}

/** A room's draft and unread counts, for the eye and in words. */
function marksOf({ hasDraft, unread, mentions }: ListedRoom): (Node | string)[] {
  const spoken = [
    hasDraft && words.rooms.draft,
    unread > 0 && words.rooms.unread(unread, unread >= LIMITS.unread),
    mentions > 0 && words.rooms.mentions(mentions),
  ].filter(Boolean)
  if (spoken.length === 0) return []
  const seen = h(
    'span',
    { class: 'room-marks icon-small', 'aria-hidden': 'true' },
    hasDraft && iconOf('pencil'),
    mentions > 0 && h('span', { class: 'count count-mention' }, `@${countText(mentions)}`),
    unread > 0 && h('span', { class: 'count' }, countText(unread)),
  )
  return [seen, h('span', { class: 'sr-only' }, `, ${spoken.join(', ')}`)]
}
