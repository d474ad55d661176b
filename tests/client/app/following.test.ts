import { describe, expect, test } from 'bun:test'
import { timelineItems } from '../../../src/client/timeline/timelineItems.ts'
import { ERRORS } from '../../../src/shared/errors.ts'
import {
  counts,
  event,
  firstPage,
  listed,
  members,
  numbers,
  page as missedPage,
  person,
  said,
  welcome,
  you,
  ada,
} from '../../support/client/aState.ts'
import { atFakeServer, type FakeServerPage } from '../../support/client/fakeServer.ts'

const SECOND = 1_000

const helloOf = ({ wire }: FakeServerPage) => wire.all('hello')[0]
const list = (page: FakeServerPage, rooms: readonly string[]) =>
  page.store.dispatch({ type: 'roomListChanged', roomList: rooms.map((room) => listed(room)) })

/** The lobby is on screen, the attic is followed. */
async function inTwoRooms() {
  const page = (await atFakeServer()).live()
  page.sync.open('lobby')
  page.hear(firstPage([said(1), said(2)], { ref: page.refOf() }))
  list(page, ['lobby', 'attic'])
  const mine = { ...you, readSeq: 37, unread: 3 }
  page.hear(counts(40, { room: 'attic', ref: page.refOf('attic'), you: mine }))
  return page
}

/** The connection is lost, and another one is open, but not answered yet. */
function reconnect(page: FakeServerPage): void {
  page.wire.end(1006)
  page.time.pass(SECOND)
  page.wire.open()
}

describe('membership', () => {
  test('[C114] a room that is new to this page is joined right behind a hello that does not name it', async () => {
    const page = await atFakeServer()
    page.sync.open('lobby')
    page.wire.open()
    expect(page.wire.sent).toMatchObject([
      { type: 'hello', rooms: [] },
      { type: 'join', room: 'lobby', limit: 50 },
    ])
    page.wire.say(welcome)
    expect(page.wire.all('join')).toHaveLength(1)
  })

  test('[C114] hello names known rooms with their positions, even empty ones, and they are not joined', async () => {
    const page = await inTwoRooms()
    page.sync.open('empty')
    page.hear(firstPage([], { room: 'empty', ref: page.refOf('empty') }))
    reconnect(page)
    expect(helloOf(page)?.rooms).toEqual([
      { room: 'empty', seq: 0, id: null, limit: 50 },
      { room: 'lobby', seq: 2, id: 'id-2', limit: 0 },
      { room: 'attic', seq: 40, id: 'id-40', limit: 0 },
    ])
    page.wire.say(welcome)
    expect(page.wire.all('join')).toEqual([])
  })

  test('[C115] a room left elsewhere while this page slept leaves my rooms, and is not requested again', async () => {
    const page = await inTwoRooms()
    reconnect(page)
    page.wire.say(welcome)
    page.wire.say(missedPage([], { members: members(person(ada)) }), {
      type: 'reset',
      room: 'attic',
      reason: 'access',
    })
    page.time.pass(20 * SECOND)
    expect(page.store.get().roomList.map(({ room, joined }) => [room, joined])).toEqual([
      ['lobby', true],
      ['attic', false],
    ])
    expect(page.store.get().rooms['attic']?.sync).toEqual({ state: 'closed', left: true })
    expect(page.joinsOf('attic')).toEqual([])
    // If the person opens the room again, it is joined.
    page.sync.open('attic')
    expect(page.joinsOf('attic')).toMatchObject([{ limit: 50 }])
  })

  test('[C115] a closed room is joined again once a newer list has it', async () => {
    const page = await inTwoRooms()
    page.hear({ type: 'left', room: 'attic' })
    list(page, ['lobby', 'attic'])
    expect(page.joinsOf('attic')).toHaveLength(2)
  })
})

describe('a room that is not on screen', () => {
  test('[C116] is joined without its messages, and counts new ones', async () => {
    const page = await inTwoRooms()
    expect(page.joinsOf()).toMatchObject([{ limit: 50 }, { room: 'attic', limit: 0 }])
    page.hear(event(said(41), 'attic'))
    expect(page.store.get().rooms['attic']).toMatchObject({
      depth: 'counts',
      position: { seq: 41 },
      you: { unread: 4 },
      onlineCount: 2,
    })
  })

  test('[C116] is requested from the start once it comes on screen, keeps its counts, and draws nothing until the page is here', async () => {
    const page = await inTwoRooms()
    page.hear(event(said(41), 'attic'))
    page.sync.open('attic')
    expect(page.joinsOf('attic').at(-1)).toEqual({
      type: 'join',
      ref: page.refOf('attic'),
      room: 'attic',
      limit: 50,
    })
    const attic = () => page.store.get().rooms['attic']
    expect([timelineItems()(attic()), attic()?.you?.unread]).toEqual([[], 4])
    page.wire.say(event(said(42), 'attic'))
    const log = numbers(1, 42).map((seq) => said(seq))
    page.hear(firstPage(log, { room: 'attic', ref: page.refOf('attic') }))
    expect(attic()?.rows.map(({ seq }) => seq)).toEqual(numbers(1, 42))
    expect(attic()).toMatchObject({ depth: 'all', sync: { state: 'live' } })
    page.time.pass(20 * SECOND)
    expect(page.joinsOf('attic')).toHaveLength(2)
  })

  test('[C116] is requested from the start by the next hello if it comes on screen offline', async () => {
    const page = await inTwoRooms()
    page.wire.end(1006)
    page.sync.open('attic')
    page.time.pass(SECOND)
    page.wire.open()
    expect(helloOf(page)?.rooms[0]).toEqual({ room: 'attic', seq: 0, id: null, limit: 50 })
  })

  test('[C116] is requested from its position, and keeps its rows, if it lacks only its people', async () => {
    const page = await inTwoRooms()
    page.sync.open('den')
    page.wire.say(firstPage([], { room: 'den', ref: page.refOf('den') }))
    reconnect(page)
    page.wire.say(welcome)
    const nobody = { version: 1, count: 2, full: [] }
    page.wire.say(
      missedPage([said(3)], { members: nobody }),
      missedPage([], { room: 'attic', members: nobody }),
    )
    page.hear(missedPage([], { room: 'den' }))
    expect(page.store.get().rooms['lobby']).toMatchObject({ depth: 'rows', people: [], onlineCount: 2 })
    page.sync.open('lobby')
    expect(page.joinsOf('lobby')).toMatchObject([{ seq: 3, id: 'id-3', limit: 50 }])
    page.hear(missedPage([], { ref: page.refOf('lobby') }))
    expect(page.store.get().rooms['lobby']).toMatchObject({
      depth: 'all',
      people: [{ name: 'Ada' }, { name: 'Bob' }],
    })
    expect(page.store.get().rooms['lobby']?.rows).toHaveLength(3)
  })

  test('[C116] has its people back on screen, even if a late answer names nobody', async () => {
    const page = await inTwoRooms()
    page.sync.open('attic')
    page.wire.say(firstPage([], { room: 'attic', ref: page.refOf('attic') }))
    reconnect(page)
    page.wire.say(welcome)
    page.wire.say(missedPage([], { room: 'attic' }))
    page.sync.open('lobby')
    page.time.pass(16 * SECOND)
    page.wire.say(missedPage([], { ref: page.refOf('lobby') }))
    const before = page.joinsOf('lobby').length
    page.wire.say(missedPage([], { members: { version: 2, count: 2, full: [] } }))
    page.time.pass(2 * SECOND)
    expect(page.joinsOf('lobby').slice(before)).toMatchObject([{ limit: 50 }])
  })

  test('[C116] is not requested again and again if the server names nobody', async () => {
    const page = (await atFakeServer()).live()
    page.sync.open('lobby')
    for (const _ of numbers(1, 3)) {
      page.wire.say(counts(3, { ref: page.refOf('lobby') }))
      page.time.pass(SECOND)
    }
    expect(page.joinsOf().length).toBeLessThanOrEqual(2)
  })

  test('[C116] draws no joins and leaves, even if presence frames were lost', async () => {
    const page = await inTwoRooms()
    page.wire.say({ type: 'presence', room: 'attic', version: 9, count: 3, joined: [person(ada)] })
    page.time.pass(20 * SECOND)
    expect(page.store.get().rooms['attic']).toMatchObject({ people: [], presenceLines: [], onlineCount: 3 })
    expect(page.joinsOf('attic')).toHaveLength(1)
  })
})

describe('many rooms', () => {
  const many = (count: number) => numbers(1, count).map((n) => `room-${n}`)
  const answer = (page: FakeServerPage) => {
    for (const { room, ref } of page.joinsOf())
      page.hear(counts(5, { room, ref, you: { ...you, unread: 1 } }))
  }

  test('[C117] all my rooms are followed, up to 100, with no more joins than the server takes', async () => {
    const page = (await atFakeServer()).live()
    list(page, many(120))
    expect(page.joinsOf()).toHaveLength(30)
    page.time.pass(SECOND)
    answer(page)
    expect(page.joinsOf().length).toBeLessThanOrEqual(40)
    page.time.pass(8 * SECOND)
    answer(page)
    expect(page.joinsOf()).toHaveLength(100)
    const { rooms } = page.store.get()
    expect(Object.values(rooms).map(({ you: mine }) => mine?.unread)).toEqual(numbers(1, 100).map(() => 1))
    reconnect(page)
    expect(helloOf(page)?.rooms).toHaveLength(100)
  })

  test('[C118] the room on screen is joined even if 100 others fill the connection', async () => {
    const page = (await atFakeServer()).live()
    list(page, many(100))
    page.time.pass(10 * SECOND)
    answer(page)
    page.sync.open('one-more')
    const { message, retry } = ERRORS.tooBig
    page.hear({ type: 'error', ref: page.refOf('one-more'), code: 'tooBig', message, retry })
    page.wire.open()
    expect(page.wires).toHaveLength(2)
    expect(helloOf(page)?.rooms).toHaveLength(99)
    expect(page.joinsOf()).toMatchObject([{ room: 'one-more', limit: 50 }])
    page.wire.say(welcome)
    // Refused again, the room is closed: no connection has a place for it.
    page.wire.say({ type: 'error', ref: page.refOf('one-more'), code: 'tooBig', message, retry })
    page.time.pass(SECOND)
    expect([page.stateOf('one-more'), page.wires.length]).toEqual(['closed', 2])
  })

  test('[C119] a room that is followed, or was on screen long ago, keeps 200 rows and its counts', async () => {
    const page = await inTwoRooms()
    const talk = (room: string, from: number) =>
      page.hear(...numbers(from, from + 299).map((seq) => event(said(seq), room)))
    talk('attic', 41)
    talk('lobby', 3)
    const rows = (room: string) => page.store.get().rooms[room]?.rows.length
    expect([rows('attic'), rows('lobby')]).toEqual([200, 302])
    for (const room of many(20)) page.sync.open(room)
    expect(rows('lobby')).toBe(200)
    expect(page.store.get().rooms['lobby']).toMatchObject({
      older: 'more',
      position: { seq: 302 },
      you: { unread: 300 },
    })
    talk('lobby', 303)
    page.time.pass(10)
    expect([rows('lobby'), page.store.get().rooms['lobby']?.you?.unread]).toEqual([200, 600])
  })
})
