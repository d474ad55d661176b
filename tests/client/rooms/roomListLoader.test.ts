import { describe, expect, test } from 'bun:test'
import { createRoomListLoader } from '../../../src/client/rooms/roomListLoader.ts'
import type { ApiResult, Api } from '../../../src/client/net/api.ts'
import { createStore } from '../../../src/client/state/store.ts'
import type { ConnectionState } from '../../../src/client/state/state.ts'
import type { RoomEntry } from '../../../src/shared/model.ts'
import { counts, eve, listed, NOON, numbers, welcome } from '../../support/client/aState.ts'
import { atFakeServer } from '../../support/client/fakeServer.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'

const SECOND = 1_000
const lost = { state: 'waiting', until: NOON, since: NOON, attempt: 1, announced: false } as const

type Rooms = { rooms: RoomEntry[]; more: boolean }

/** HTTP whose answers come when, and in the order in which, the test lets them. */
function someAnswers() {
  const asked: { text: string | undefined; answer(of: ApiResult<Rooms>): void }[] = []
  const rooms: Api['rooms'] = (text) => new Promise((answer) => asked.push({ text, answer }))
  return {
    api: { rooms },
    asked,
    texts: () => asked.map(({ text }) => text),
    async answer(at: number, names: readonly string[], more: Partial<RoomEntry> = {}, all = true) {
      const value = { rooms: names.map((room) => listed(room, more)), more: !all }
      asked[at]?.answer({ ok: true, value })
      await settled()
    },
    async refuse(at: number, code: 'rateLimited' | 'offline') {
      asked[at]?.answer({ ok: false, code })
      await settled()
    },
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

function aListing() {
  const store = createStore()
  const time = fakeTime()
  const http = someAnswers()
  const left = new Set<string>()
  store.dispatch({ type: 'framesReceived', frames: [welcome], now: NOON })
  const sync = { leaveCount: () => left.size, leftSince: (room: string) => left.has(room) }
  const listing = createRoomListLoader(store, sync, http.api, time.after, new AbortController().signal)
  return {
    ...http,
    store,
    time,
    listing,
    link: (connection: ConnectionState) =>
      store.dispatch({ type: 'connectionChanged', connection, now: NOON }),
    names: () => store.get().roomList.map(({ room }) => room),
  }
}

describe('the list of rooms', () => {
  test('[C121] is asked for once a connection, and not when one in doubt proves alive', async () => {
    const it = aListing()
    it.link({ state: 'live' })
    await it.answer(0, ['lobby'])
    for (const state of ['suspect', 'live', 'suspect', 'live'] as const) it.link({ state })
    expect(it.asked).toHaveLength(1)
    it.link(lost)
    it.link({ state: 'live' })
    expect(it.asked).toHaveLength(2)
  })

  test('[C121] is asked for again until it comes, and no longer than the connection lasts', async () => {
    const it = aListing()
    it.link({ state: 'live' })
    await it.refuse(0, 'rateLimited')
    it.time.pass(SECOND)
    await settled()
    await it.refuse(1, 'offline')
    it.time.pass(SECOND)
    await settled()
    expect(it.asked).toHaveLength(2)
    it.link(lost)
    it.time.pass(60 * SECOND)
    await settled()
    expect(it.asked).toHaveLength(2)
  })

  test('[C120] whose answer comes late takes the place of no newer one', async () => {
    const it = aListing()
    void it.listing.load()
    void it.listing.load()
    await it.answer(1, ['lobby', 'new'])
    await it.answer(0, ['lobby'])
    expect(it.names()).toEqual(['lobby', 'new'])
  })

  test('[C120] of somebody else is not shown', async () => {
    const it = aListing()
    void it.listing.load()
    it.store.dispatch({ type: 'selfChanged', self: { ...eve, role: 'guest' } })
    await it.answer(0, ['of-ada'])
    expect(it.names()).toEqual([])
  })

  test('[C120] brings back no room that was left since it was asked for, and takes away none joined since', async () => {
    const at = (await atFakeServer()).live()
    const http = someAnswers()
    const listing = createRoomListLoader(
      at.store,
      at.sync,
      http.api,
      at.time.after,
      new AbortController().signal,
    )
    const mine = () => at.store.get().roomList.flatMap(({ room, joined }) => (joined ? [room] : []))
    await http.answer(0, ['attic', 'lobby'])
    expect(mine()).toEqual(['attic', 'lobby'])
    void listing.load()
    at.sync.leave('attic')
    await http.answer(1, ['attic', 'lobby'])
    expect(mine()).toEqual(['lobby'])
    // Asked for before the server has heard of the leave, answered after that.
    void listing.load()
    const ref = at.wire.all('leave')[0]?.ref ?? ''
    at.wire.say({ type: 'left', ref, room: 'attic' })
    await http.answer(2, ['attic', 'lobby'])
    expect(mine()).toEqual(['lobby'])
    // From now on the server knows: in it again by another device.
    void listing.load()
    await http.answer(3, ['attic', 'lobby'])
    expect(mine()).toEqual(['attic', 'lobby'])

    void listing.load()
    at.sync.open('den')
    at.wire.say(counts(3, { room: 'den', ref: at.wire.all('join').at(-1)?.ref ?? '' }))
    at.time.pass(10)
    await http.answer(4, ['den'], { joined: false })
    expect(mine()).toEqual(['den'])
  })

  test('[C120] nor one that another device left, before the first list was here', async () => {
    const at = (await atFakeServer()).live()
    const http = someAnswers()
    createRoomListLoader(at.store, at.sync, http.api, at.time.after, new AbortController().signal)
    at.wire.say({ type: 'left', room: 'attic' })
    at.time.pass(10)
    await http.answer(0, ['attic', 'lobby'])
    expect(at.store.get().roomList.find(({ room }) => room === 'attic')?.joined).toBe(false)
    expect(at.wire.all('join').map(({ room }) => room)).toEqual(['lobby'])
  })
})

describe('finding a room that is not listed', () => {
  async function withMore() {
    const it = aListing()
    it.link({ state: 'live' })
    await it.answer(0, ['lobby', 'mine'], {}, false)
    return it
  }

  test('[U144] the server is asked once typing rests, and what it finds is listed beside mine', async () => {
    const it = await withMore()
    for (const text of ['k', 'ki', ' kit ']) {
      it.listing.find(text)
      it.time.pass(100)
    }
    expect(it.asked).toHaveLength(1)
    it.time.pass(200)
    expect(it.texts().slice(1)).toEqual(['kit'])
    await it.answer(1, ['kitchen'], { joined: false })
    expect(it.names()).toEqual(['lobby', 'mine', 'kitchen'])
  })

  test('[U144] the answer to what was typed last is the one that counts', async () => {
    const it = await withMore()
    for (const text of ['ki', 'kitc']) {
      it.listing.find(text)
      it.time.pass(200)
    }
    await it.answer(2, ['kitchen'], { joined: false })
    await it.answer(1, ['kiosk'], { joined: false })
    expect(it.names()).toEqual(['lobby', 'mine', 'kitchen'])
  })

  test('[U144] nobody is asked for nothing, nor where all rooms are here; too fast, it is asked a little later', async () => {
    const it = await withMore()
    it.listing.find('  ')
    it.time.pass(SECOND)
    it.listing.find('kit')
    it.time.pass(200)
    await it.refuse(1, 'rateLimited')
    it.time.pass(SECOND)
    expect(it.texts()).toEqual([undefined, 'kit', 'kit'])
    void it.listing.load()
    await it.answer(3, ['lobby'])
    it.listing.find('kitc')
    it.time.pass(SECOND)
    expect(it.asked).toHaveLength(4)
  })

  test('[U144] however much is searched for, no more than a thousand rooms of others are kept besides', async () => {
    const it = await withMore()
    for (const n of numbers(1, 8)) {
      it.listing.find(`room ${n}`)
      it.time.pass(200)
      await it.answer(
        n,
        numbers(1, 200).map((one) => `room-${n}-${one}`),
        { joined: false },
      )
    }
    expect(it.names()).toHaveLength(2 + 200 + 1_000)
  })
})
