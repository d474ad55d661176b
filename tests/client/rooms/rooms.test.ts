import { afterEach, describe, expect, test } from 'bun:test'
import { groupRooms, roomLinks, roomStrip } from '../../../src/client/rooms/roomList.ts'
import { shortcuts } from '../../../src/client/app/room/shortcuts.ts'
import { saveRooms, savedRooms } from '../../../src/client/net/savedRooms.ts'
import { swipeDirection } from '../../../src/client/app/room/swipes.ts'
import { INITIAL_STATE } from '../../../src/client/state/state.ts'
import { h } from '../../../src/client/ui/dom.ts'
import { press } from '../../support/client/aRow.ts'
import { countedRoom, numbers } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

describe('the order of rooms', () => {
  test('[U83] favourites stand first, each group by name in the order of the locale, whatever is unread', () => {
    const roomList = ['Guest 10', 'apple', 'Guest 2', 'Zoo'].map((name) =>
      countedRoom(name, name === 'Guest 10' ? { unread: 100, head: 100 } : {}),
    )
    const state = { ...INITIAL_STATE, roomList }
    const groups = groupRooms(state, '', ['zoo', 'gone'])
    expect(groups.favourites.map(({ name }) => name)).toEqual(['Zoo'])
    expect(groups.mine.map(({ name }) => name)).toEqual(['apple', 'Guest 2', 'Guest 10'])
  })

  test('[A10] the focus stays on a room that goes to another group, and in the list if its room is gone', () => {
    const { element, update } = roomLinks('here')
    document.body.append(element)
    const [here, there] = ['Here', 'There'].map((name) => ({ ...countedRoom(name, {}), hasDraft: false }))
    update({ favourites: [], mine: [here!], more: [there!] })
    element.querySelector<HTMLElement>('[href="/chat/there"]')?.focus()
    const focused = () => document.activeElement?.getAttribute('href')
    update({ favourites: [], mine: [here!, there!], more: [] })
    expect(focused()).toBe('/chat/there')
    update({ favourites: [], mine: [here!], more: [] })
    expect(focused()).toBe('/chat/here')
    element.remove()
  })

  test('[A10] a list without the focus does not take it when a room goes', () => {
    const { element, update } = roomLinks('here')
    document.body.append(element)
    const mine = ['Here', 'There'].map((name) => ({ ...countedRoom(name, {}), hasDraft: false }))
    update({ favourites: [], mine, more: [] })
    element.querySelector<HTMLElement>('[href="/chat/there"]')?.focus()
    ;(document.activeElement as HTMLElement).blur()
    update({ favourites: [], mine: mine.slice(0, 1), more: [] })
    expect(document.activeElement === document.body).toBe(true)
    element.remove()
  })

  test('[U191] the line of other rooms takes no space if there are none', () => {
    const strip = roomStrip('here', () => {})
    const room = (name: string) => ({ ...countedRoom(name, {}), hasDraft: false })
    strip.update({ favourites: [], mine: [room('Here')], more: [] })
    expect(strip.element.hidden).toBe(true)
    strip.update({ favourites: [], mine: [room('Here')], more: [room('There')] })
    expect(strip.element.hidden).toBe(false)
  })

  test('[U83] the 10 busiest of the rooms that I have not joined follow, and drafts elsewhere are marked', () => {
    const others = numbers(1, 12).map((count) => ({
      ...countedRoom(`Other ${count}`, { unread: 5 }),
      joined: false,
      count,
    }))
    const drafts = { here: true, 'other-12': true } as const
    const state = { ...INITIAL_STATE, drafts, roomList: [countedRoom('Here', {}), ...others] }
    const { mine, more } = groupRooms(state, 'here', [])
    expect(mine.map(({ room, hasDraft }) => [room, hasDraft])).toEqual([['here', false]])
    expect(more.map(({ name }) => name)).toEqual(numbers(3, 12).map((count) => `Other ${count}`))
    expect(more.filter(({ hasDraft }) => hasDraft).map(({ name }) => name)).toEqual(['Other 12'])
    expect(more.every(({ unread }) => unread === 0)).toBe(true)
  })

  test('[U83] favourites are stored on the device for one person', () => {
    saveRooms('favourites', 'ada', ['lobby', 'kitchen'])
    expect(savedRooms('favourites', 'ada')).toEqual(['lobby', 'kitchen'])
    expect([savedRooms('favourites', 'eve'), savedRooms('recent', 'ada')]).toEqual([[], []])
    saveRooms('recent', 'ada', numbers(1, 80).map(String))
    expect(savedRooms('recent', 'ada')).toHaveLength(50)
  })
})

describe('shortcuts between rooms', () => {
  let page = new AbortController()
  afterEach(() => page.abort())

  function aSidebar() {
    page = new AbortController()
    const rooms = ['Attic', 'Kitchen', 'Lobby', 'Mezzanine'].map((name) =>
      countedRoom(name, { unread: name === 'Attic' ? 2 : 0 }),
    )
    const visited: string[] = []
    let switches = 0
    shortcuts(
      { router: { navigate: (path: string) => visited.push(path) } } as never,
      { room: 'lobby', rooms: () => rooms, parts: [] },
      { switchRoom: () => (switches += 1), help() {}, escape() {}, markAllRead() {}, write() {} },
      page.signal,
    )
    return { visited, switches: () => switches }
  }

  test('[U84] Alt and an arrow lead to the next or previous room, with Shift to an unread one', () => {
    const { visited } = aSidebar()
    press(document.body, 'ArrowUp', { altKey: true })
    press(document.body, 'ArrowDown', { altKey: true })
    press(document.body, 'ArrowDown', { altKey: true, shiftKey: true })
    expect(visited).toEqual(['/chat/kitchen', '/chat/mezzanine', '/chat/attic'])
  })

  test('[U197] F6 goes round the parts of the page, without closed ones', () => {
    page = new AbortController()
    const parts = ['header', 'rooms', 'messages', 'people', 'composer'].map((name) => {
      const element = h('button', {}, name)
      document.body.append(element)
      return { element, focus: () => element.focus() }
    })
    parts[3]?.element.setAttribute('inert', '')
    const on = { help() {}, escape() {}, switchRoom() {}, markAllRead() {}, write() {} }
    shortcuts({ router: {} } as never, { room: 'lobby', rooms: () => [], parts }, on, page.signal)
    const visited = ['F6', 'F6', 'F6', 'F6', 'F6', 'Shift+F6'].map((key) => {
      press(document.body, 'F6', { shiftKey: key.startsWith('Shift') })
      return document.activeElement?.textContent
    })
    expect(visited).toEqual(['header', 'rooms', 'messages', 'composer', 'header', 'composer'])
  })

  test('[U84] Ctrl+K and ⌘K open the switcher; other chords are left to the browser', () => {
    const { visited, switches } = aSidebar()
    expect(press(document.body, 'k', { ctrlKey: true })).toBe(true)
    expect(press(document.body, 'K', { metaKey: true })).toBe(true)
    for (const keys of [{}, { ctrlKey: true, metaKey: true }, { ctrlKey: true, shiftKey: true }])
      expect(press(document.body, 'k', keys)).toBe(false)
    for (const keys of [{}, { altKey: true, ctrlKey: true }])
      expect(press(document.body, 'ArrowUp', keys)).toBe(false)
    expect([switches(), visited]).toEqual([2, []])
  })
})

const flick = { x: 100, dx: 60, dy: 10, ms: 120 }

test.each([
  ['a quick and flat stroke', flick, 'forward'],
  ['the other way', { ...flick, dx: -60 }, 'back'],
  ['slow and short', { ...flick, ms: 400 }, null],
  ['slow and long', { ...flick, dx: 170, ms: 900 }, 'forward'],
  ['steep', { ...flick, dy: 61 }, null],
  ['too short', { ...flick, dx: 50 }, null],
  ['from the left edge', { ...flick, x: 19 }, null],
  ['from the right edge', { ...flick, x: 360, dx: -60 }, null],
  ['in a right-to-left page', { ...flick, rtl: true }, 'back'],
] as const)(
  '[V14] %s: the swipe %j moves the drawer %s',
  (_name, { rtl = false, ...stroke }: typeof flick & { rtl?: boolean }, direction) => {
    expect(swipeDirection(stroke, { width: 375, drawer: 320, rtl })).toBe(direction)
  },
)
