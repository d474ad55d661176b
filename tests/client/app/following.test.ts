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
  page,
  person,
  said,
  welcome,
  you,
  ada,
} from '../../support/client/aState.ts'
import { atFakeServer } from '../../support/client/fakeServer.ts'

const SECOND = 1_000

type At = Awaited<ReturnType<typeof atFakeServer>>

const joinsOf = ({ wire }: At, room?: string) =>
  wire.all('join').filter((join) => (room ?? join.room) === join.room)
const refOf = (at: At, room: string) => joinsOf(at, room).at(-1)?.ref ?? ''
const helloOf = ({ wire }: At) => wire.all('hello')[0]
const list = (at: At, rooms: readonly string[]) =>
  at.store.dispatch({ type: 'roomListChanged', roomList: rooms.map((room) => listed(room)) })

/** On screen is the lobby; the attic is followed. */
async function inTwoRooms() {
  const at = (await atFakeServer()).live()
  at.sync.open('lobby')
  at.wire.say(firstPage([said(1), said(2)], { ref: refOf(at, 'lobby') }))
  at.time.pass(10)
  list(at, ['lobby', 'attic'])
  at.wire.say(counts(40, { room: 'attic', ref: refOf(at, 'attic'), you: { ...you, readSeq: 37, unread: 3 } }))
  at.time.pass(10)
  return at
}

/** The connection is lost, and another one is open; nothing is answered yet. */
function again(at: At): void {
  at.wire.onclose?.({ code: 1006 })
  at.time.pass(SECOND)
  at.wire.onopen?.(undefined as never)
}

describe('who is in a room', () => {
  test('[C114] a room this page has not been in is joined right behind a hello that does not name it', async () => {
    const at = await atFakeServer()
    at.sync.open('lobby')
    at.wire.onopen?.(undefined as never)
    expect(at.wire.sent).toMatchObject([
      { type: 'hello', rooms: [] },
      { type: 'join', room: 'lobby', limit: 50 },
    ])
    at.wire.say(welcome)
    expect(at.wire.all('join')).toHaveLength(1)
  })

  test('[C114] one that it has been in is named with its position, an empty one too, and not joined', async () => {
    const at = await inTwoRooms()
    at.sync.open('empty')
    at.wire.say(firstPage([], { room: 'empty', ref: refOf(at, 'empty') }))
    at.time.pass(10)
    again(at)
    expect(helloOf(at)?.rooms).toEqual([
      { room: 'empty', seq: 0, id: null, limit: 50 },
      { room: 'lobby', seq: 2, id: 'id-2', limit: 0 },
      { room: 'attic', seq: 40, id: 'id-40', limit: 0 },
    ])
    at.wire.say(welcome)
    expect(at.wire.all('join')).toEqual([])
  })

  test('[C115] a room that was left elsewhere while this page slept is gone from my rooms, and is not asked for again', async () => {
    const at = await inTwoRooms()
    again(at)
    at.wire.say(welcome)
    at.wire.say(page([], { members: members(person(ada)) }), {
      type: 'reset',
      room: 'attic',
      reason: 'access',
    })
    at.time.pass(20 * SECOND)
    expect(at.store.get().roomList.map(({ room, joined }) => [room, joined])).toEqual([
      ['lobby', true],
      ['attic', false],
    ])
    expect(at.store.get().rooms['attic']?.sync).toEqual({ state: 'closed', left: true })
    expect(joinsOf(at, 'attic')).toEqual([])
    // Asked for again by the person it is joined.
    at.sync.open('attic')
    expect(joinsOf(at, 'attic')).toMatchObject([{ limit: 50 }])
  })

  test('[C115] and comes back by itself once a newer list has it', async () => {
    const at = await inTwoRooms()
    at.wire.say({ type: 'left', room: 'attic' })
    at.time.pass(10)
    list(at, ['lobby', 'attic'])
    expect(joinsOf(at, 'attic')).toHaveLength(2)
  })
})

describe('a room that is not on screen', () => {
  test('[C116] is asked for no messages, and counts what is said in it', async () => {
    const at = await inTwoRooms()
    expect(joinsOf(at)).toMatchObject([{ limit: 50 }, { room: 'attic', limit: 0 }])
    at.wire.say(event(said(41), 'attic'))
    at.time.pass(10)
    expect(at.store.get().rooms['attic']).toMatchObject({
      depth: 'counts',
      position: { seq: 41 },
      you: { unread: 4 },
      onlineCount: 2,
    })
  })

  test('[C116] come on screen it is asked for from the start, keeps its counts, and draws nothing until the page is here', async () => {
    const at = await inTwoRooms()
    at.wire.say(event(said(41), 'attic'))
    at.time.pass(10)
    at.sync.open('attic')
    expect(joinsOf(at, 'attic').at(-1)).toEqual({
      type: 'join',
      ref: refOf(at, 'attic'),
      room: 'attic',
      limit: 50,
    })
    const attic = () => at.store.get().rooms['attic']
    expect([timelineItems()(attic()), attic()?.you?.unread]).toEqual([[], 4])
    at.wire.say(event(said(42), 'attic'))
    const log = numbers(1, 42).map((seq) => said(seq))
    at.wire.say(firstPage(log, { room: 'attic', ref: refOf(at, 'attic') }))
    at.time.pass(10)
    expect(attic()?.rows.map(({ seq }) => seq)).toEqual(numbers(1, 42))
    expect(attic()).toMatchObject({ depth: 'all', sync: { state: 'live' } })
    at.time.pass(20 * SECOND)
    expect(joinsOf(at, 'attic')).toHaveLength(2)
  })

  test('[C116] come on screen without a connection it is asked for from the start by the next hello', async () => {
    const at = await inTwoRooms()
    at.wire.onclose?.({ code: 1006 })
    at.sync.open('attic')
    at.time.pass(SECOND)
    at.wire.onopen?.(undefined as never)
    expect(helloOf(at)?.rooms[0]).toEqual({ room: 'attic', seq: 0, id: null, limit: 50 })
  })

  test('[C116] that was on screen before and lost its people alone is asked from its position, and keeps its rows', async () => {
    const at = await inTwoRooms()
    at.sync.open('den')
    at.wire.say(firstPage([], { room: 'den', ref: refOf(at, 'den') }))
    again(at)
    at.wire.say(welcome)
    const nobody = { version: 1, count: 2, full: [] }
    at.wire.say(page([said(3)], { members: nobody }), page([], { room: 'attic', members: nobody }))
    at.wire.say(page([], { room: 'den' }))
    at.time.pass(10)
    expect(at.store.get().rooms['lobby']).toMatchObject({ depth: 'rows', people: [], onlineCount: 2 })
    at.sync.open('lobby')
    expect(joinsOf(at, 'lobby')).toMatchObject([{ seq: 3, id: 'id-3', limit: 50 }])
    at.wire.say(page([], { ref: refOf(at, 'lobby') }))
    at.time.pass(10)
    expect(at.store.get().rooms['lobby']).toMatchObject({
      depth: 'all',
      people: [{ name: 'Ada' }, { name: 'Bob' }],
    })
    expect(at.store.get().rooms['lobby']?.rows).toHaveLength(3)
  })

  test('[C116] back on screen it has its people, though an answer that names nobody comes late', async () => {
    const at = await inTwoRooms()
    at.sync.open('attic')
    at.wire.say(firstPage([], { room: 'attic', ref: refOf(at, 'attic') }))
    again(at)
    at.wire.say(welcome)
    at.wire.say(page([], { room: 'attic' }))
    at.sync.open('lobby')
    at.time.pass(16 * SECOND)
    at.wire.say(page([], { ref: refOf(at, 'lobby') }))
    const before = joinsOf(at, 'lobby').length
    at.wire.say(page([], { members: { version: 2, count: 2, full: [] } }))
    at.time.pass(2 * SECOND)
    expect(joinsOf(at, 'lobby').slice(before)).toMatchObject([{ limit: 50 }])
  })

  test('[C116] is not asked again and again where a server names nobody', async () => {
    const at = (await atFakeServer()).live()
    at.sync.open('lobby')
    for (const _ of numbers(1, 3)) {
      at.wire.say(counts(3, { ref: refOf(at, 'lobby') }))
      at.time.pass(SECOND)
    }
    expect(joinsOf(at).length).toBeLessThanOrEqual(2)
  })

  test('[C116] says nothing of who comes and goes, whatever of that was lost', async () => {
    const at = await inTwoRooms()
    at.wire.say({ type: 'presence', room: 'attic', version: 9, count: 3, joined: [person(ada)] })
    at.time.pass(20 * SECOND)
    expect(at.store.get().rooms['attic']).toMatchObject({ people: [], presenceLines: [], onlineCount: 3 })
    expect(joinsOf(at, 'attic')).toHaveLength(1)
  })
})

describe('many rooms', () => {
  const many = (count: number) => numbers(1, count).map((n) => `room-${n}`)
  const answer = (at: At) => {
    for (const { room, ref } of joinsOf(at)) at.wire.say(counts(5, { room, ref, you: { ...you, unread: 1 } }))
    at.time.pass(10)
  }

  test('[C117] all of mine are followed, up to 100, in no more joins than the server takes', async () => {
    const at = (await atFakeServer()).live()
    list(at, many(120))
    expect(joinsOf(at)).toHaveLength(30)
    at.time.pass(SECOND)
    answer(at)
    expect(joinsOf(at).length).toBeLessThanOrEqual(40)
    at.time.pass(8 * SECOND)
    answer(at)
    expect(joinsOf(at)).toHaveLength(100)
    const { rooms } = at.store.get()
    expect(Object.values(rooms).map(({ you: mine }) => mine?.unread)).toEqual(numbers(1, 100).map(() => 1))
    again(at)
    expect(helloOf(at)?.rooms).toHaveLength(100)
  })

  test('[C118] the room on screen has a place, also when 100 others have taken them', async () => {
    const at = (await atFakeServer()).live()
    list(at, many(100))
    at.time.pass(10 * SECOND)
    answer(at)
    at.sync.open('one-more')
    const { message, retry } = ERRORS.tooBig
    at.wire.say({ type: 'error', ref: refOf(at, 'one-more'), code: 'tooBig', message, retry })
    at.time.pass(10)
    at.wire.onopen?.(undefined as never)
    expect(at.wires).toHaveLength(2)
    expect(helloOf(at)?.rooms).toHaveLength(99)
    expect(joinsOf(at)).toMatchObject([{ room: 'one-more', limit: 50 }])
    at.wire.say(welcome)
    // Refused once more it is closed: no connection has a place for it.
    at.wire.say({ type: 'error', ref: refOf(at, 'one-more'), code: 'tooBig', message, retry })
    at.time.pass(SECOND)
    expect([at.stateOf('one-more'), at.wires.length]).toEqual(['closed', 2])
  })

  test('[C119] of a room that is followed, or was on screen long ago, 200 rows are kept, and its counts', async () => {
    const at = await inTwoRooms()
    const talk = (room: string, from: number) =>
      at.wire.say(...numbers(from, from + 299).map((seq) => event(said(seq), room)))
    talk('attic', 41)
    talk('lobby', 3)
    at.time.pass(10)
    const rows = (room: string) => at.store.get().rooms[room]?.rows.length
    expect([rows('attic'), rows('lobby')]).toEqual([200, 302])
    for (const room of many(20)) at.sync.open(room)
    expect(rows('lobby')).toBe(200)
    expect(at.store.get().rooms['lobby']).toMatchObject({
      older: 'more',
      position: { seq: 302 },
      you: { unread: 300 },
    })
    talk('lobby', 303)
    at.time.pass(10)
    expect([rows('lobby'), at.store.get().rooms['lobby']?.you?.unread]).toEqual([200, 600])
  })
})
