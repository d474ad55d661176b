import { afterEach, describe, expect, test } from 'bun:test'
import { matchScore, searchRooms, smallest } from '../../../src/client/roomFinder/roomSearch.ts'
import { groupRooms } from '../../../src/client/rooms/roomGroups.ts'
import { roomShortcuts } from '../../../src/client/app/room/roomShortcuts.ts'
import { saveVisitedRooms, visitedRooms } from '../../../src/client/rooms/visitedRooms.ts'
import { swiped } from '../../../src/client/ui/drawer/swipe.ts'
import type { CountedRoom } from '../../../src/client/state/unreadCounts.ts'
import type { RoomEntry } from '../../../src/shared/model.ts'
import { numbers } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

function aRoom(name: string, more: Partial<CountedRoom> = {}): CountedRoom {
  return {
    room: name.toLowerCase().replaceAll(' ', '-'),
    name,
    topic: '',
    kind: 'public',
    joined: true,
    role: 'guest',
    head: 0,
    unread: 0,
    mentions: 0,
    count: 0,
    ...more,
  }
}

const names = (rooms: readonly RoomEntry[]) => rooms.map(({ name }) => name)
const nowhere = { recent: [], current: '', limit: 8 }

describe('finding a room', () => {
  const rooms = ['Back end', 'Kitchen', 'The kitchen table', 'Kit', 'Dark visits', 'Été'].map((name) =>
    aRoom(name),
  )

  test('[U84] what stands in the name as typed comes first, and first of it what begins so; then letters in their order', () => {
    expect(names(searchRooms(rooms, 'kit', nowhere))).toEqual([
      'Kit',
      'Kitchen',
      'The kitchen table',
      'Dark visits',
    ])
    expect(names(searchRooms(rooms, 'table', nowhere))).toEqual(['The kitchen table'])
    expect(names(searchRooms(rooms, 'ETE', nowhere))).toEqual(['Été', 'The kitchen table'])
    expect(names(searchRooms(rooms, 'xyz', nowhere))).toEqual([])
  })

  test('[U84] a room is also found by what its address calls it', () => {
    const room = aRoom('Куҳня', { room: 'kuhnja' })
    expect(searchRooms([room], 'kuh', nowhere)).toEqual([room])
  })

  test('[U84] blank, it lists mentions, then unread rooms, then those visited last; the current one is the last', () => {
    const list = [
      aRoom('Here'),
      aRoom('Quiet'),
      aRoom('Visited'),
      aRoom('Unread', { unread: 3 }),
      aRoom('Mention', { unread: 1, mentions: 1 }),
      aRoom('Not mine', { joined: false }),
    ]
    const order = searchRooms(list, ' ', { recent: ['here', 'visited'], current: 'here', limit: 8 })
    expect(names(order)).toEqual(['Mention', 'Unread', 'Visited', 'Quiet', 'Not mine', 'Here'])
  })

  test('[U84] at most eight are offered, and 500 rooms are filtered in 8 ms', () => {
    const many = numbers(1, 500).map((n) => aRoom(`Room number ${n}`))
    searchRooms(many, 'rn4', nowhere)
    const times = numbers(1, 20).map(() => {
      const began = performance.now()
      expect(searchRooms(many, 'rn4', nowhere)).toHaveLength(8)
      return performance.now() - began
    })
    expect(Math.min(...times)).toBeLessThanOrEqual(8)
  })

  test('[U123] the first few of many are those a sort would put first', () => {
    const some = numbers(1, 500).map((n) => ({ n, by: (n * 37) % 11 }))
    const compare = (one: { by: number }, other: { by: number }) => one.by - other.by
    for (const most of [0, 1, 8, 499, 500, 600])
      expect(smallest(some, most, compare)).toEqual(some.toSorted(compare).slice(0, most))
  })

  test('[U84] signs that mean something elsewhere are only signs', () => {
    expect(matchScore('a.b*c (d)', '.b*')).toBe(2)
    expect(matchScore('constructor', '__proto__')).toBeNull()
  })
})

describe('the order of rooms', () => {
  test('[U83] by name as the locale orders them, numbers as numbers, those put first above the others', () => {
    const rooms = ['Guest 10', 'apple', 'Guest 2', 'Zoo'].map((name) => aRoom(name))
    const { first, rest } = groupRooms(rooms, ['zoo', 'gone'])
    expect([names(first), names(rest)]).toEqual([['Zoo'], ['apple', 'Guest 2', 'Guest 10']])
  })

  test('[U83] a hundred messages move nothing', () => {
    const rooms = ['Attic', 'Kitchen'].map((name) => aRoom(name))
    const before = names(groupRooms(rooms, []).rest)
    const busy = rooms.map((one) => ({ ...one, unread: one.name === 'Kitchen' ? 100 : 0, head: 100 }))
    expect(names(groupRooms(busy, []).rest)).toEqual(before)
  })

  test('[U83] favourites are kept on the device for one person, and are nobody else’s', () => {
    saveVisitedRooms('favourites', 'ada', ['lobby', 'kitchen'])
    expect([
      visitedRooms('favourites', 'ada'),
      visitedRooms('favourites', 'eve'),
      visitedRooms('recent', 'ada'),
    ]).toEqual([['lobby', 'kitchen'], [], []])
    saveVisitedRooms('recent', 'ada', numbers(1, 80).map(String))
    expect(visitedRooms('recent', 'ada')).toHaveLength(50)
  })
})

describe('from room to room by keys', () => {
  let page = new AbortController()
  afterEach(() => page.abort())

  function aSidebar() {
    page = new AbortController()
    const rooms = [aRoom('Attic', { unread: 2 }), aRoom('Kitchen'), aRoom('Lobby'), aRoom('Mezzanine')]
    const went: string[] = []
    let asked = 0
    roomShortcuts(
      { router: { navigate: (path: string) => went.push(path) } } as never,
      { room: 'lobby', side: { rooms: () => rooms } },
      { switchRoom: () => (asked += 1) },
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
  const flick = { x: 100, y: 300, dx: 60, dy: 10, ms: 120 }

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
    expect(swiped(stroke, at)).toBe(way)
  })

  test('[V14] where one reads from right to left it goes the other way', () => {
    expect(swiped(flick, { ...at, rtl: true })).toBe('back')
  })
})
