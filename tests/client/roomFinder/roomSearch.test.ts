import { describe, expect, test } from 'bun:test'
import { searchRooms } from '../../../src/client/roomFinder/roomSearch.ts'
import type { RoomEntry } from '../../../src/shared/model.ts'
import { countedRoom, numbers } from '../../support/client/aState.ts'

const names = (rooms: readonly RoomEntry[]) => rooms.map(({ name }) => name)
const nowhere = { recent: [], current: '', limit: 8 }

describe('finding a room', () => {
  const rooms = ['Back end', 'Kitchen', 'The kitchen table', 'Kit', 'Dark visits', 'Été'].map((name) =>
    countedRoom(name),
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
    const room = countedRoom('Куҳня', { room: 'kuhnja' })
    expect(searchRooms([room], 'kuh', nowhere)).toEqual([room])
  })

  test('[U84] blank, it lists mentions, then unread rooms, then those visited last; the current one is the last', () => {
    const list = [
      countedRoom('Here'),
      countedRoom('Quiet'),
      countedRoom('Visited'),
      countedRoom('Unread', { unread: 3 }),
      countedRoom('Mention', { unread: 1, mentions: 1 }),
      countedRoom('Not mine', { joined: false }),
    ]
    const order = searchRooms(list, ' ', { recent: ['here', 'visited'], current: 'here', limit: 8 })
    expect(names(order)).toEqual(['Mention', 'Unread', 'Visited', 'Quiet', 'Not mine', 'Here'])
  })

  test('[U84] at most eight are offered, and 500 rooms are filtered in 8 ms', () => {
    const many = numbers(1, 500).map((n) => countedRoom(`Room number ${n}`))
    searchRooms(many, 'rn4', nowhere)
    const times = numbers(1, 20).map(() => {
      const began = performance.now()
      expect(searchRooms(many, 'rn4', nowhere)).toHaveLength(8)
      return performance.now() - began
    })
    expect(Math.min(...times)).toBeLessThanOrEqual(8)
  })

  test('[U84] signs that mean something elsewhere are only signs', () => {
    const list = ['a .b* (d)', 'a.b*c (d)', 'constructor'].map((name) => countedRoom(name))
    const found = (typed: string) => names(searchRooms(list, typed, nowhere))
    // The beginning of a word comes before the middle of one.
    expect(found('.b*')).toEqual(['a .b* (d)', 'a.b*c (d)'])
    expect(found('__proto__')).toEqual([])
  })
})
