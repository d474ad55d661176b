import { describe, expect, test } from 'bun:test'
import { searchRooms } from '../../../src/client/roomDialogs/roomSearch.ts'
import { countedRoom } from '../../support/client/aState.ts'

const search = (names: readonly string[], typed: string) =>
  searchRooms(
    names.map((name) => countedRoom(name)),
    typed,
    { recent: [], current: '', limit: 8 },
  ).map(({ name }) => name)

describe('searching a room', () => {
  const rooms = ['Back end', 'Kitchen', 'The kitchen table', 'Kit', 'Dark visits', 'Été']

  test.each([
    ['kit', ['Kit', 'Kitchen', 'The kitchen table', 'Dark visits']],
    ['table', ['The kitchen table']],
    ['ETE', ['Été', 'The kitchen table']],
    ['xyz', []],
  ])(
    '[U84] %s finds names that begin with it, then names that contain it, then its letters in order',
    (typed, found) => {
      expect(search(rooms, typed)).toEqual(found)
    },
  )

  test.each([
    ['हिंदी', 'हिन्दी'],
    ['हिन', 'हिन्दी'],
    ['العربيه', 'العربية'],
    ['فارسي', 'فارسی'],
    ['がぎ', 'ガギグ'],
    ['ﾆﾎﾝ', 'ニホン'],
    ['하', '한국어'],
    ['da nang', 'Đà Nẵng'],
    ['STRASSE', 'Straße'],
    ['ελλάς', 'ΕΛΛΑΣ'],
  ])('[U84, M79] %s finds %s', (typed, name) => {
    const names = [
      'हिन्दी',
      'العربية',
      'فارسی',
      'カキク',
      'ガギグ',
      'ニホン',
      '한국어',
      'Đà Nẵng',
      'Straße',
      'ΕΛΛΑΣ',
    ]
    expect(search(names, typed)).toEqual([name])
  })

  test('[U84] a room is also found by its slug', () => {
    const room = countedRoom('Куҳня', { room: 'kuhnja' })
    expect(searchRooms([room], 'kuh', { recent: [], current: '', limit: 8 })).toEqual([room])
  })

  test('[U84] blank text lists mentions, then unread rooms, then recent ones; the current room is the last', () => {
    const list = [
      countedRoom('Here'),
      countedRoom('Quiet'),
      countedRoom('Visited'),
      countedRoom('Unread', { unread: 3 }),
      countedRoom('Mention', { unread: 1, mentions: 1 }),
      countedRoom('Not mine', { joined: false }),
    ]
    const found = searchRooms(list, ' ', { recent: ['here', 'visited'], current: 'here', limit: 5 })
    expect(found.map(({ name }) => name)).toEqual(['Mention', 'Unread', 'Visited', 'Quiet', 'Not mine'])
  })

  test('[U84] special characters have no special meaning', () => {
    const names = ['a .b* (d)', 'a.b*c (d)', 'constructor']
    expect(search(names, '.b*')).toEqual(['a .b* (d)', 'a.b*c (d)'])
    expect(search(names, '__proto__')).toEqual([])
  })
})
