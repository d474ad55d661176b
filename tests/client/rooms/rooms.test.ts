import { afterEach, describe, expect, test } from 'bun:test'
import { groupRooms } from '../../../src/client/rooms/roomList.ts'
import { shortcuts } from '../../../src/client/app/room/shortcuts.ts'
import { saveRooms, savedRooms } from '../../../src/client/net/savedRooms.ts'
import { swipeDirection } from '../../../src/client/rooms/drawerGestures.ts'
import type { RoomEntry } from '../../../src/shared/model.ts'
import { countedRoom, numbers } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

const names = (rooms: readonly RoomEntry[]) => rooms.map(({ name }) => name)

describe('the order of rooms', () => {
  test('[U83] by name as the locale orders them, numbers as numbers, those put first above the others', () => {
    const rooms = ['Guest 10', 'apple', 'Guest 2', 'Zoo'].map((name) => countedRoom(name))
    const { favourites, others } = groupRooms(rooms, ['zoo', 'gone'])
    expect([names(favourites), names(others)]).toEqual([['Zoo'], ['apple', 'Guest 2', 'Guest 10']])
  })

  test('[U83] a hundred messages move nothing', () => {
    const rooms = ['Attic', 'Kitchen'].map((name) => countedRoom(name))
    const before = names(groupRooms(rooms, []).others)
    const busy = rooms.map((one) => ({ ...one, unread: one.name === 'Kitchen' ? 100 : 0, head: 100 }))
    expect(names(groupRooms(busy, []).others)).toEqual(before)
  })

  test('[U83] favourites are kept on the device for one person, and are nobody else’s', () => {
    saveRooms('favourites', 'ada', ['lobby', 'kitchen'])
    expect([
      savedRooms('favourites', 'ada'),
      savedRooms('favourites', 'eve'),
      savedRooms('recent', 'ada'),
    ]).toEqual([['lobby', 'kitchen'], [], []])
    saveRooms('recent', 'ada', numbers(1, 80).map(String))
    expect(savedRooms('recent', 'ada')).toHaveLength(50)
  })
})

describe('from room to room by keys', () => {
  let page = new AbortController()
  afterEach(() => page.abort())

  function aSidebar() {
    page = new AbortController()
    const rooms = [
      countedRoom('Attic', { unread: 2 }),
      countedRoom('Kitchen'),
      countedRoom('Lobby'),
      countedRoom('Mezzanine'),
    ]
    const went: string[] = []
    let asked = 0
    shortcuts(
      { router: { navigate: (path: string) => went.push(path) } } as never,
      { room: 'lobby', side: { rooms: () => rooms }, parts: [] },
      { switchRoom: () => (asked += 1), help() {}, escape() {} },
      page.signal,
    )
    const press = (key: string, more: KeyboardEventInit) => {
      const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })
      document.body.dispatchEvent(event)
      return event.defaultPrevented
    }
    return { went, press, asked: () => asked }
  }

  test('[U84] Alt and an arrow lead to the next room and the one before, with Shift to an unread one, round the ends', () => {
    const { went, press } = aSidebar()
    press('ArrowUp', { altKey: true })
    press('ArrowDown', { altKey: true })
    press('ArrowDown', { altKey: true, shiftKey: true })
    expect(went).toEqual(['/chat/kitchen', '/chat/mezzanine', '/chat/attic'])
  })

  test('[U84] Ctrl or ⌘ with K asks which room; other chords stay what they are', () => {
    const { went, press, asked } = aSidebar()
    expect([press('k', { ctrlKey: true }), press('K', { metaKey: true })]).toEqual([true, true])
    for (const more of [{}, { ctrlKey: true, metaKey: true }, { ctrlKey: true, shiftKey: true }])
      expect(press('k', more)).toBe(false)
    expect(press('ArrowUp', {})).toBe(false)
    expect(press('ArrowUp', { altKey: true, ctrlKey: true })).toBe(false)
    expect([asked(), went]).toEqual([2, []])
  })
})

describe('a swipe', () => {
  const at = { width: 375, drawer: 320, rtl: false }
  const flick = { x: 100, dx: 60, dy: 10, ms: 120 }

  test.each([
    ['quick and flat', flick, 'forward'],
    ['the other way', { ...flick, dx: -60 }, 'back'],
    ['slow and short', { ...flick, ms: 400 }, null],
    ['slow and far', { ...flick, dx: 170, ms: 900 }, 'forward'],
    ['steep', { ...flick, dy: 61 }, null],
    ['too short', { ...flick, dx: 50 }, null],
    ['from the edge', { ...flick, x: 19 }, null],
    ['from the other edge', { ...flick, x: 360, dx: -60 }, null],
  ] as const)('[V14] %s', (_name, stroke, way) => {
    expect(swipeDirection(stroke, at)).toBe(way)
  })

  test('[V14] where one reads from right to left it goes the other way', () => {
    expect(swipeDirection(flick, { ...at, rtl: true })).toBe('back')
  })
})
